package io.headrace.checkpoint;

import java.time.Duration;

/**
 * When progress is written: at the latest {@code interval} after the write before, or once so many
 * records are settled, but then no sooner than a second after it; never without need. A short
 * interval costs writes, a long one repeats more records after a crash.
 *
 * @param interval positive
 * @param recordsMax at least 1
 */
public record CheckpointPolicy(Duration interval, int recordsMax) {
  /**
   * A backlog is read at many times this many records a second, and each write stores anew all keys
   * that changed: the most used of them with every write.
   */
  private static final Duration APART = Duration.ofSeconds(1);

  /** Every 5 seconds, or every 10,000 records, at most once a second. */
  public static final CheckpointPolicy DEFAULT =
      new CheckpointPolicy(Duration.ofSeconds(5), 10_000);

  public CheckpointPolicy {
    if (interval.isNegative() || interval.isZero()) {
      throw new IllegalArgumentException("interval " + interval + ": must be positive");
    }
    if (recordsMax < 1) {
      throw new IllegalArgumentException("recordsMax " + recordsMax + ": must be at least 1");
    }
  }

  /** Every {@code interval}, or every 10,000 records, for these at most once a second. */
  public static CheckpointPolicy every(Duration interval) {
    return new CheckpointPolicy(interval, DEFAULT.recordsMax());
  }

  /**
   * Whether what has changed should be written now.
   *
   * @param sinceNanos monotonic time since the last write was tried, or since the seal
   * @param records settled since then
   */
  boolean due(long sinceNanos, long records) {
    return sinceNanos >= interval.toNanos()
        || (records >= recordsMax && sinceNanos >= APART.toNanos());
  }
}
