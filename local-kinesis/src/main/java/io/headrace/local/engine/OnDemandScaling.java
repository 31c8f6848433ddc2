package io.headrace.local.engine;

/**
 * Splits the shards of an on-demand stream that took more in a minute of the clock than half of
 * what a shard can take, so that the stream is ready for twice its peak. The stream's monitor
 * guards every call.
 *
 * <p>The service says that it splits such a shard within fifteen minutes; here it is done when the
 * minute is over.
 */
final class OnDemandScaling {
  static final long BYTES_PER_SECOND = 500 * 1024;
  static final long RECORDS_PER_SECOND = 500;

  private static final long MINUTE_MILLIS = 60_000;
  private static final long SECONDS = 60;
  private static final long NOT_COUNTING = -1;

  private long minute = NOT_COUNTING;

  /** Forgets what was counted: nobody wants this stream to be scaled. */
  void rest() {
    minute = NOT_COUNTING;
  }

  /** When there is something to look back at; at once when the counting has to begin. */
  long dueMillis() {
    return minute == NOT_COUNTING ? 0 : (minute + 1) * MINUTE_MILLIS;
  }

  /** Looks back when a minute is over; whether that changed the shards. */
  boolean settle(ShardMap shards, int shardsMax, long nowMillis) {
    long current = nowMillis / MINUTE_MILLIS;
    if (current == minute) {
      return false;
    }
    // Every write settles first, so that what is counted came in the minute that was current.
    long over = (minute + 1) * MINUTE_MILLIS;
    int splitsMax = minute == NOT_COUNTING ? 0 : shardsMax - shards.openCount();
    minute = current;
    return shards.splitHot(
        BYTES_PER_SECOND * SECONDS, RECORDS_PER_SECOND * SECONDS, splitsMax, over);
  }
}
