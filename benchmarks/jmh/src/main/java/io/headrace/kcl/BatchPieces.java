package io.headrace.kcl;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** Records that are held for a function, divided into batches. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class BatchPieces {
  private static final int RECORDS = 5_000;
  private static final int PAYLOAD_BYTES = 200;
  private static final long BUDGET_BYTES = 64L << 20;

  private final ByteBudget.Account account =
      new ByteBudget(BUDGET_BYTES, BUDGET_BYTES, BUDGET_BYTES, () -> {}).open();
  private final List<StreamRecord> records = new ArrayList<>();

  /** Makes the records, the same in each run. */
  public BatchPieces() {
    for (int i = 0; i < RECORDS; i++) {
      records.add(
          new StreamRecord(
              Position.of(i),
              PartitionKey.of("key-" + i % 1_000),
              Instant.EPOCH,
              Payload.of(new byte[PAYLOAD_BYTES]),
              Map.of(),
              false));
    }
  }

  /** 5,000 records that came together, held, in batches of 500. */
  @Benchmark
  @OperationsPerInvocation(RECORDS)
  public int batch() {
    Batcher batcher = new Batcher(BatchLimits.DEFAULT, Integer.MAX_VALUE);
    for (StreamRecord record : records) {
      batcher.add(new HeldRecord(record, account, 1), 0);
    }
    int handed = 0;
    for (List<HeldRecord> batch = batcher.next(0, RECORDS);
        !batch.isEmpty();
        batch = batcher.next(0, RECORDS)) {
      handed += batch.size();
    }
    return handed;
  }
}
