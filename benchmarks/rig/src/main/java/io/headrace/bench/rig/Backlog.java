package io.headrace.bench.rig;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/**
 * What a consumer takes for a stream that was there before it. Each record carries a random number,
 * and the sum of these says that each record came, and came once. Any thread hands records over, or
 * their numbers where it has decoded them; one thread asks.
 */
public final class Backlog implements Consumer<ByteBuffer>, LongConsumer {
  private final Span span;
  private final long allRecords;
  private final long check;
  private final LongAdder sum = new LongAdder();

  /**
   * Awaits a backlog.
   *
   * @param check the sum of the numbers that all records carry
   */
  public Backlog(long warmRecords, long records, long check) {
    this.span = new Span(warmRecords, records);
    this.allRecords = warmRecords + records;
    this.check = check;
  }

  /** The number that a record of {@link Payload#BYTES} carries. */
  public static long number(ByteBuffer data) {
    return data.getLong(data.position() + 1);
  }

  @Override
  public void accept(ByteBuffer data) {
    accept(number(data));
  }

  @Override
  public void accept(long number) {
    sum.add(number);
    span.add(1);
  }

  /** Waits for the last record and answers what the measured ones took. */
  public Figures await(Duration timeMax) throws InterruptedException {
    Figures figures = span.await(timeMax, "backlog");
    if (span.counted() != allRecords || sum.sum() != check) {
      throw new NotMeasured(
          "%,d records came where %,d were put, and they are not the same: some came twice, or with"
                  .formatted(span.counted(), allRecords)
              + " other bytes");
    }
    return figures;
  }
}
