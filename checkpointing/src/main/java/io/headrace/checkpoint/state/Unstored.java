package io.headrace.checkpoint.state;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What all spaces of one worker hold in memory that is not stored yet. It can't be forgotten as
 * what is in the cache, so there is a bound on it of its own: once all together have reached it,
 * those that hold their share or more take no more changes. Any thread.
 */
final class Unstored {
  /** However little state may take of memory: a bound of nothing would let nobody begin. */
  private static final long BYTES_MIN = 1L << 20;

  /** So much may be a space's own, however many there are. */
  private static final long SHARE_MIN = 64L << 10;

  private final long bytesMax;
  private final AtomicLong total = new AtomicLong();
  private final AtomicInteger holders = new AtomicInteger();

  Unstored(long bytesMax) {
    this.bytesMax = Math.max(BYTES_MIN, bytesMax);
  }

  Share share() {
    return new Share();
  }

  /** Of one space. */
  final class Share {
    private long bytes;
    private boolean over;

    /** The space holds so much by now. */
    synchronized void is(long now) {
      if (over) {
        return;
      }
      count(now);
    }

    /** Whether no more changes should come to the space for the time being. */
    synchronized boolean isFull() {
      return total.get() >= bytesMax && bytes >= shareOfEach();
    }

    /**
     * Whether it is time to store, so that the space is not full before it is done.
     *
     * @param changed what the space holds of which no snapshot is being stored
     */
    boolean isHalfFull(long changed) {
      return total.get() >= bytesMax / 2 && changed >= shareOfEach() / 2;
    }

    synchronized long bytes() {
      return bytes;
    }

    /** The space is used no more. */
    synchronized void end() {
      count(0);
      over = true;
    }

    private long shareOfEach() {
      return Math.max(SHARE_MIN, bytesMax / Math.max(1, holders.get()));
    }

    private void count(long now) {
      if (bytes == 0 && now > 0) {
        holders.incrementAndGet();
      } else if (bytes > 0 && now == 0) {
        holders.decrementAndGet();
      }
      total.addAndGet(now - bytes);
      bytes = now;
    }
  }
}
