package io.headrace.bench.outage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.List;
import org.junit.jupiter.api.Test;

class SpellTest {
  @Test
  void it_tells_what_was_put_handled_and_committed_meanwhile_and_how_much_was_behind() {
    Spell spell =
        new Spell(List.of(at(10, 100, 90, 3, 5), at(11, 300, 150, 4, 6), at(12, 320, 320, 5, 7)));

    assertThat(spell.seconds()).isEqualTo(2);
    assertThat(spell.put()).isEqualTo(220);
    assertThat(spell.handled()).isEqualTo(230);
    assertThat(spell.commits()).isEqualTo(2);
    assertThat(spell.lagAtMost()).isEqualTo(150);
    assertThat(spell.lagAtLast()).isZero();
  }

  @Test
  void a_storm_of_requests_is_seen_in_its_busiest_window_and_not_spread_over_the_spell() {
    Spell storm =
        new Spell(
            List.of(
                at(0, 0, 0, 0, 0),
                at(1, 0, 0, 0, 10),
                at(2, 0, 0, 0, 210),
                at(3, 0, 0, 0, 410),
                at(4, 0, 0, 0, 420),
                at(9, 0, 0, 0, 430)));

    assertThat(storm.requestsPerSecond(2)).isEqualTo(200);
    assertThat(storm.requestsPerSecond(100)).isEqualTo(430 / 9.0);
  }

  @Test
  void it_stands_still_from_the_last_record_that_was_handled() {
    Spell still =
        new Spell(
            List.of(at(0, 9, 1, 0, 0), at(1, 9, 2, 0, 0), at(6, 9, 2, 0, 0), at(7, 9, 3, 0, 0)));

    assertThat(still.longestStandstill()).isEqualTo(6);
  }

  @Test
  void without_a_look_there_is_none() {
    assertThatThrownBy(() -> new Spell(List.of())).isInstanceOf(IllegalArgumentException.class);
  }

  private static Spell.Moment at(
      double seconds, long stored, long handled, long commits, long requests) {
    return new Spell.Moment(
        seconds,
        Watch.Look.of(
            stored,
            0,
            List.of(
                JsonNodeFactory.instance
                    .objectNode()
                    .put("handled", handled)
                    .put("commits", commits)
                    .put("requests", requests))));
  }
}
