package io.headrace.function;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.kcl.CheckpointException;
import io.headrace.kcl.CommitParts;
import io.headrace.kcl.Position;
import io.headrace.kcl.StreamRecord;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class HorizonTest {
  private static final Instant NOW = Instant.parse("2026-03-01T00:00:00Z");
  private static final Horizon AT_7 =
      new Horizon(3, Position.of(7), Instant.MIN, NOW.minusSeconds(5), true);

  private static StreamRecord record(long position, Instant arrivedAt) {
    return new StreamRecord(Position.of(position), "k", arrivedAt, new byte[0]);
  }

  @Test
  void it_is_read_as_it_was_written_and_outlives_a_move_of_the_position() {
    for (var horizon : List.of(AT_7, Horizon.NONE)) {
      assertThat(Horizon.in(horizon.parts().moved(), "f")).contains(horizon);
    }
    assertThat(Horizon.in(CommitParts.NONE, "f")).isEmpty();
  }

  @Test
  void what_lies_up_to_it_may_have_been_carried_on() {
    assertThat(AT_7.covers(record(7, NOW))).isTrue();
    assertThat(AT_7.covers(record(8, NOW))).isFalse();
    assertThat(Horizon.NONE.covers(record(1, NOW))).isFalse();
  }

  @Test
  void a_run_in_between_that_committed_none_may_have_carried_on_all_that_had_arrived() {
    assertThat(AT_7.asOf(3, NOW)).as("the same run").isEqualTo(AT_7);
    assertThat(AT_7.asOf(4, NOW)).as("the next").isEqualTo(AT_7);
    assertThat(Horizon.NONE.asOf(1, NOW)).as("the first").isEqualTo(Horizon.NONE);

    for (var unknown : List.of(AT_7.asOf(5, NOW), Horizon.NONE.asOf(2, NOW))) {
      assertThat(unknown.covers(record(8, NOW))).isTrue();
      assertThat(unknown.covers(record(8, NOW.plusSeconds(1)))).isFalse();
    }
  }

  @Test
  void damaged_and_newer_ones_are_refused_by_place() {
    byte[] bytes = AT_7.parts().parts().get(CommitParts.HORIZON).clone();
    bytes[0] = 9;
    assertThatThrownBy(() -> Horizon.in(CommitParts.of(CommitParts.HORIZON, bytes), "function f"))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("function f: the commit's horizon has version 9, this reads up to 1");
    assertThatThrownBy(
            () -> Horizon.in(CommitParts.of(CommitParts.HORIZON, new byte[] {1}), "function f"))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("function f: the commit's horizon is damaged");
  }
}
