package io.headrace.kcl;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class BatcherTest {
  private static final long SECOND = Duration.ofSeconds(1).toNanos();

  private final ByteBudget.Account account = new ByteBudget(1_000, 1_000, 1_000, () -> {}).open();

  @Test
  void hands_on_at_once_what_is_there_when_it_does_not_wait() {
    var batcher = new Batcher(new BatchLimits(3, Duration.ZERO), 100);
    add(batcher, 0, 1, 2);
    assertThat(next(batcher, 0, 100)).containsExactly("1:0", "2:0");
    assertThat(next(batcher, 0, 100)).isEmpty();
  }

  @Test
  void hands_on_full_batches_in_order() {
    var batcher = new Batcher(new BatchLimits(2, Duration.ofSeconds(5)), 100);
    add(batcher, 0, 1, 2, 3, 4, 5);
    assertThat(next(batcher, 0, 100)).containsExactly("1:0", "2:0");
    assertThat(next(batcher, 0, 100)).containsExactly("3:0", "4:0");
    assertThat(next(batcher, 0, 100)).as("not full, not due").isEmpty();
    assertThat(batcher.size()).isOne();
  }

  @Test
  void counts_the_wait_from_the_first_record() {
    var batcher = new Batcher(new BatchLimits(9, Duration.ofSeconds(5)), 100);
    add(batcher, 0, 1);
    add(batcher, 3 * SECOND, 2);
    assertThat(batcher.dueAt(3 * SECOND)).isEqualTo(5 * SECOND);
    assertThat(next(batcher, 5 * SECOND - 1, 100)).isEmpty();
    assertThat(next(batcher, 5 * SECOND, 100)).containsExactly("1:0", "2:0");
  }

  @Test
  void waits_for_nothing_when_it_is_flushed() {
    var batcher = new Batcher(new BatchLimits(9, Duration.ofSeconds(5)), 100);
    add(batcher, 0, 1);
    batcher.flush();
    assertThat(next(batcher, 0, 100)).containsExactly("1:0");
  }

  @Test
  void waits_for_nothing_while_no_more_can_come() {
    var batcher = new Batcher(new BatchLimits(9, Duration.ofSeconds(5)), 100);
    add(batcher, 0, 1);
    batcher.hurry();
    assertThat(batcher.dueAt(0)).isZero();
    assertThat(next(batcher, 0, 100)).containsExactly("1:0");

    batcher.hurry();
    add(batcher, SECOND, 2);
    assertThat(batcher.dueAt(SECOND)).as("more did come").isEqualTo(6 * SECOND);
  }

  @Test
  void hands_on_no_more_than_there_is_room_for() {
    var batcher = new Batcher(new BatchLimits(5, Duration.ZERO), 100);
    add(batcher, 0, 1, 2, 3);
    assertThat(next(batcher, 0, 0)).isEmpty();
    assertThat(next(batcher, 0, 2)).containsExactly("1:0", "2:0");
  }

  @Test
  void takes_a_batch_that_can_never_be_full_as_full_at_the_bound_in_flight() {
    var batcher = new Batcher(new BatchLimits(500, Duration.ofSeconds(5)), 2);
    add(batcher, 0, 1);
    assertThat(batcher.hungry()).isTrue();
    add(batcher, 0, 2);
    assertThat(batcher.hungry()).isFalse();
    assertThat(next(batcher, 0, 2)).containsExactly("1:0", "2:0");
  }

  @Test
  void works_where_the_monotonic_clock_is_negative_or_overflows() {
    for (long start : new long[] {-7 * SECOND, Long.MAX_VALUE - SECOND}) {
      var batcher = new Batcher(new BatchLimits(9, Duration.ofSeconds(5)), 100);
      assertThat(next(batcher, start, 100)).isEmpty();
      add(batcher, start, 1);
      assertThat(next(batcher, start + 4 * SECOND, 100)).isEmpty();
      assertThat(next(batcher, start + 5 * SECOND, 100)).containsExactly("1:0");
    }
  }

  private void add(Batcher batcher, long ticks, long... sequences) {
    for (long sequence : sequences) {
      var record = new StreamRecord(Position.of(sequence), "key", Instant.EPOCH, new byte[1]);
      batcher.add(new HeldRecord(record, account, 1), ticks);
    }
  }

  private static List<String> next(Batcher batcher, long ticks, int room) {
    return batcher.next(ticks, room).stream().map(r -> r.position().toString()).toList();
  }
}
