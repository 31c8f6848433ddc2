package io.headrace.kcl.kinesis;

import java.time.Duration;

/**
 * Decides when the next GetRecords call of one shard may leave. Pure arithmetic on ticks; owned by
 * one cursor and called on its loop.
 *
 * <p>Two rules, of which the later moment wins. The window: a shard takes five calls a second, so
 * the sixth call waits until a second has passed since the first. The tip: where nothing is waiting
 * to be read, the calls draw apart from 200 ms towards a second while nothing comes, and close up
 * again when something does, so that a busy shard is read quickly and a quiet one cheaply.
 */
final class PollingPace {
  /** What Kinesis allows for each shard, for all its readers together. */
  static final int CALLS_PER_WINDOW_MAX = 5;

  /** A second, and a little for calls that overtake each other on their way. */
  static final Duration WINDOW = Duration.ofMillis(1_020);

  static final Duration TIP_WAIT_MIN = Duration.ofMillis(200);
  static final Duration TIP_WAIT_MAX = Duration.ofSeconds(1);

  /** Ticks of the latest calls, a ring. */
  private final long[] sentAt = new long[CALLS_PER_WINDOW_MAX];

  private long sent;
  private long tipWait = TIP_WAIT_MIN.toNanos();
  private boolean backlog = true;

  /** Nanoseconds until the next call may leave; zero when it may leave now. */
  long waitNanos(long ticks) {
    if (sent == 0) {
      return 0;
    }
    long wait = 0;
    if (sent >= CALLS_PER_WINDOW_MAX) {
      long oldest = sentAt[(int) (sent % CALLS_PER_WINDOW_MAX)];
      wait = oldest + WINDOW.toNanos() - ticks;
    }
    if (!backlog) {
      long latest = sentAt[(int) ((sent - 1) % CALLS_PER_WINDOW_MAX)];
      wait = Math.max(wait, latest + tipWait - ticks);
    }
    return Math.max(0, wait);
  }

  /** A call leaves now; failed ones count too, since the service counts them. */
  void sent(long ticks) {
    sentAt[(int) (sent % CALLS_PER_WINDOW_MAX)] = ticks;
    sent++;
  }

  /** More is waiting to be read than the answer brought. */
  void behindTip() {
    backlog = true;
  }

  /**
   * The answer ended at the tip of the shard.
   *
   * @param records how many it brought
   */
  void atTip(int records) {
    backlog = false;
    tipWait =
        records > 0
            ? Math.max(TIP_WAIT_MIN.toNanos(), tipWait / 2)
            : Math.min(TIP_WAIT_MAX.toNanos(), tipWait + tipWait / 4);
  }
}
