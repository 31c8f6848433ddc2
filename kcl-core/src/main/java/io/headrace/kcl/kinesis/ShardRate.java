package io.headrace.kcl.kinesis;

import java.time.Duration;

/**
 * A shard's write limit, 1 MiB and 1,000 records a second, or a share of it: two token buckets.
 * What may go is decided before its size is known, so the buckets may fall below zero by one record
 * and are then waited for. Pure arithmetic on ticks; one owner thread.
 */
final class ShardRate {
  static final double RECORDS_A_SECOND = 1_000;
  static final double BYTES_A_SECOND = 1024 * 1024;

  /**
   * What a shard at rest takes at once, in seconds of its rate. The service's own bucket holds a
   * second; half of it leaves room for calls that overtake each other.
   */
  static final double BURST_SECONDS = 0.5;

  private static final double NANOS = Duration.ofSeconds(1).toNanos();

  private final double recordsRate;
  private final double bytesRate;
  private double records;
  private double bytes;
  private long at;

  ShardRate(double share, long ticks) {
    recordsRate = RECORDS_A_SECOND * share;
    bytesRate = BYTES_A_SECOND * share;
    records = recordsRate * BURST_SECONDS;
    bytes = bytesRate * BURST_SECONDS;
    at = ticks;
  }

  /** Nanoseconds until one more record may go; zero when it may now. */
  long waitNanos(long ticks) {
    double passed = Math.max(0, ticks - at) / NANOS;
    at = ticks;
    records = Math.min(recordsRate * BURST_SECONDS, records + passed * recordsRate);
    bytes = Math.min(bytesRate * BURST_SECONDS, bytes + passed * bytesRate);
    double seconds = Math.max(-records / recordsRate, -bytes / bytesRate);
    return seconds < 0 ? 0 : (long) (seconds * NANOS) + 1;
  }

  /** One record of the stream goes. */
  void take(int size) {
    records--;
    bytes -= size;
  }
}
