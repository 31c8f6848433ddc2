package io.headrace.samples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

class ReplayTest {
  @Test
  void entries_spread_evenly_over_the_time() {
    var replay = new Replay(1000, Duration.ofSeconds(10), 500);

    assertThat(replay.due(Duration.ZERO)).isZero();
    assertThat(replay.due(Duration.ofMillis(10))).isEqualTo(1);
    assertThat(replay.due(Duration.ofSeconds(5))).isEqualTo(500);
    assertThat(replay.due(Duration.ofSeconds(10))).isEqualTo(1000);
    assertThat(replay.due(Duration.ofDays(1))).isEqualTo(1000);
    assertThat(replay.whole()).isEqualTo(1000);
  }

  @Test
  void a_time_too_short_plays_the_input_in_part_at_the_highest_rate() {
    var replay = new Replay(1000, Duration.ofSeconds(1), 500);

    assertThat(replay.due(Duration.ofMillis(500))).isEqualTo(250);
    assertThat(replay.whole()).isEqualTo(500);
  }

  @Test
  void a_clock_that_goes_back_makes_nothing_due() {
    assertThat(new Replay(10, Duration.ofSeconds(1), 500).due(Duration.ofSeconds(-1))).isZero();
  }

  @Property
  void what_is_due_never_falls_and_never_outruns_the_rate(
      @ForAll @LongRange(min = 0, max = 10_000_000) long entries,
      @ForAll @LongRange(min = 1, max = 600_000) long overMillis,
      @ForAll @LongRange(min = 1, max = 5_000) long perSecond,
      @ForAll @LongRange(min = 0, max = 1_200_000) long elapsedMillis,
      @ForAll @LongRange(min = 0, max = 5_000) long moreMillis) {
    var replay = new Replay(entries, Duration.ofMillis(overMillis), perSecond);
    long due = replay.due(Duration.ofMillis(elapsedMillis));
    long later = replay.due(Duration.ofMillis(elapsedMillis + moreMillis));

    assertThat(due).isBetween(0L, entries);
    assertThat(later).isGreaterThanOrEqualTo(due);
    assertThat((later - due - 1) * 1000).isLessThanOrEqualTo(perSecond * moreMillis);
  }

  @Test
  void senseless_bounds_are_refused_by_name() {
    assertThatThrownBy(() -> new Replay(1, Duration.ZERO, 1)).hasMessageContaining("over PT0S");
    assertThatThrownBy(() -> new Replay(-1, Duration.ofSeconds(1), 1))
        .hasMessageContaining("entries -1");
    assertThatThrownBy(() -> new Replay(1, Duration.ofSeconds(1), 0))
        .hasMessageContaining("perSecondMax 0");
  }
}
