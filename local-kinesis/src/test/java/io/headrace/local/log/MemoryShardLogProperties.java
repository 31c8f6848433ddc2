package io.headrace.local.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** The log on the heap does what the contract asks, and keeps to its budget. */
class MemoryShardLogProperties extends ShardLogContract {
  @Override
  ShardLog empty() {
    return new MemoryShardLog(SHARD, new ByteBudget(Long.MAX_VALUE));
  }

  @Override
  ShardLog reopened(ShardLog log, boolean afterKill) {
    return log;
  }

  @Test
  void a_record_beyond_the_budget_is_refused_until_others_went() {
    StoredRecord record = record(1, 1_000, 7, 99);
    ByteBudget budget = new ByteBudget(2L * RecordChunk.bytes(RecordChunk.key(record), record));
    MemoryShardLog log = new MemoryShardLog(SHARD, budget);
    log.offer(record);
    log.offer(record(2, 1_001, 7, 99));

    assertThatThrownBy(() -> log.offer(record(3, 1_002, 7, 99)))
        .isInstanceOf(LogFailure.class)
        .hasMessageContaining("memoryBytesMax");
    assertThat(log.end()).isEqualTo(3);

    log.trimBefore(1_001);
    log.offer(record(3, 1_002, 7, 99));
    assertThat(log.read(0, 10, 1_000)).extracting(StoredRecord::order).isEqualTo(List.of(2L, 3L));

    log.clear();
    assertThat(budget.bytes()).isZero();
  }

  @Test
  void what_was_taken_from_the_budget_is_given_back_in_any_course() {
    for (long seed = 1; seed <= 20; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      ByteBudget budget = new ByteBudget(Long.MAX_VALUE);
      MemoryShardLog log = new MemoryShardLog(SHARD, budget);
      long now = 1_000;
      for (int i = 1; i <= 500; i++) {
        now += random.nextInt(5);
        log.offer(record(i, now, i, random.nextInt(5_000)));
        if (random.nextInt(50) == 0) {
          log.trimBefore(now - random.nextInt(100));
        }
      }
      log.trimBefore(now + 1);
      assertThat(budget.bytes()).as("seed " + seed).isZero();
    }
  }

  @Test
  void records_of_all_sizes_come_back_over_the_ends_of_chunks() {
    int[] sizes = {0, 1, 63 * 1024, 64 * 1024, 1 << 20, 3, 70_000, 10 << 20, 100};
    MemoryShardLog log = new MemoryShardLog(SHARD, new ByteBudget(Long.MAX_VALUE));
    List<String> expected = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      StoredRecord record = record(i, 1_000 + i, i, sizes[i % sizes.length] / (1 + i / 50));
      log.offer(record);
      expected.add(text(record));
    }
    assertThat(texts(log.read(0, 1_000, Long.MAX_VALUE))).isEqualTo(expected);
    for (int i = 0; i < 200; i++) {
      assertThat(texts(log.read(i, 1, Long.MAX_VALUE))).containsExactly(expected.get(i));
      assertThat(log.positionAt(1_000 + i)).isEqualTo(i);
    }
  }

  @Test
  void orders_and_times_may_leap_as_far_as_they_like() {
    MemoryShardLog log = new MemoryShardLog(SHARD, new ByteBudget(Long.MAX_VALUE));
    long[] orders = {0, 1, Integer.MAX_VALUE, 1L << 40, SequenceNumber.ORDER_MAX - 1};
    long[] times = {1, 1, 1L << 33, 1L << 34, 1L << 43};
    for (int i = 0; i < orders.length; i++) {
      log.offer(record(orders[i], times[i], i, 10));
    }
    for (int i = 0; i < orders.length; i++) {
      StoredRecord read = log.read(orders[i], 1, 100).get(0);
      assertThat(read.order()).isEqualTo(orders[i]);
      assertThat(read.arrivalMillis()).isEqualTo(times[i]);
    }
    assertThat(log.positionAt(2)).isEqualTo(Integer.MAX_VALUE);
  }
}
