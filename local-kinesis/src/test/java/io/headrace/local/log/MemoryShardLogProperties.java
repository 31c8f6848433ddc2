package io.headrace.local.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

/** The log on the heap does what the contract asks, and keeps to its budget. */
class MemoryShardLogProperties extends ShardLogContract {
  @Override
  ShardLog empty() {
    return new MemoryShardLog(new ByteBudget(Long.MAX_VALUE));
  }

  @Override
  ShardLog reopened(ShardLog log, boolean afterKill) {
    return log;
  }

  @Test
  void a_record_beyond_the_budget_is_refused_until_others_went() {
    ByteBudget budget = new ByteBudget(2L * StoredRecord.heapBytes(106));
    MemoryShardLog log = new MemoryShardLog(budget);
    log.offer(record(1, 1_000, 7, 99));
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
}
