package io.headrace.bench.rig;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;

/**
 * What a consumer takes for a stream that was there before it. The bytes 1 to 8 of each record are
 * a random number, and the sum of these says that each record came, and came once. Any thread hands
 * records over; one thread asks.
 */
public final class Backlog implements Consumer<ByteBuffer> {
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

  /** The number that a record carries. */
  public static long number(ByteBuffer data) {
    return data.getLong(data.position() + 1);
  }

  @Override
  public void accept(ByteBuffer data) {
    sum.add(number(data));
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
