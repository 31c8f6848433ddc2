package io.headrace.kcl.kinesis;

import java.time.Duration;

/** When a producer lists the shards of its stream. Pure arithmetic on ticks; one owner thread. */
final class ShardMapNeed {
  /** Between two lists, however many records land where they were not expected. */
  static final Duration REST_MIN = Duration.ofSeconds(1);

  /** A busy shard may have been split; most have not. */
  static final Duration DOUBT_REST_MIN = Duration.ofSeconds(30);

  private final boolean needed;
  private final RetryPace retry = new RetryPace();
  private boolean wanted;
  private boolean asking;
  private boolean hasMap;
  private long answeredAt;

  /**
   * @param needed without, nothing is ever listed
   */
  ShardMapNeed(boolean needed) {
    this.needed = needed;
    this.wanted = needed;
  }

  /** A record landed in another shard than the map said. */
  void outdated() {
    wanted = needed;
  }

  /** A shard refused records. */
  void doubted(long ticks) {
    wanted |= needed && hasMap && ticks - answeredAt >= DOUBT_REST_MIN.toNanos();
  }

  void asked() {
    asking = true;
    wanted = false;
  }

  void answered(long ticks) {
    asking = false;
    hasMap = true;
    answeredAt = ticks;
    retry.succeeded();
  }

  void failed(long ticks, double jitter) {
    asking = false;
    wanted = true;
    retry.failed(ticks, jitter);
  }

  boolean isDue(long ticks) {
    return dueAt(ticks) <= ticks;
  }

  /** When the shards are to be listed, in ticks; NEVER while the map will do. */
  long dueAt(long ticks) {
    if (!wanted || asking) {
      return ShardQueues.NEVER;
    }
    long rest = hasMap ? Math.max(0, answeredAt + REST_MIN.toNanos() - ticks) : 0;
    return ticks + Math.max(rest, retry.waitNanos(ticks));
  }
}
