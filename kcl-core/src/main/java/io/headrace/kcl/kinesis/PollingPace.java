package io.headrace.kcl.kinesis;

import java.time.Duration;

/**
 * Decides when the next GetRecords call of one shard may leave. Pure arithmetic on ticks; owned by
 * one cursor and called on its loop.
 *
 * <p>Three rules, of which the latest moment wins. The window: a shard takes five calls a second,
 * so the sixth call waits until a second has passed since the first. The tip: where nothing is
 * waiting to be read, the calls draw apart from 200 ms towards a second while nothing comes, and
 * close up again when something does, so that a busy shard is read quickly and a quiet one cheaply.
 * The share: where a call was throttled lately others read the shard too, and five calls a second
 * are not ours, so that there are about two, of a backlog as well: its pages are as large as there
 * is room for. Whoever asks again at once or 200 ms after an answer takes each call that the shard
 * has to give, and leaves the others none.
 */
final class PollingPace {
  /** What Kinesis allows for each shard, for all its readers together. */
  static final int CALLS_PER_WINDOW_MAX = 5;

  /** A second, and a little for calls that overtake each other on their way. */
  static final Duration WINDOW = Duration.ofMillis(1_020);

  static final Duration TIP_WAIT_MIN = Duration.ofMillis(200);
  static final Duration TIP_WAIT_MAX = Duration.ofSeconds(1);

  /** The shard is shared with others until it has throttled no call for so long. */
  static final Duration SHARED_FOR = Duration.ofSeconds(10);

  /** Ticks of the latest calls, a ring. */
  private final long[] sentAt = new long[CALLS_PER_WINDOW_MAX];

  private long sent;
  private long tipWait = TIP_WAIT_MIN.toNanos();
  private boolean backlog = true;
  private boolean shared;

  /** The latest call that was answered was not throttled. */
  private boolean gotThrough;

  private long throttledAt;
  private long sharedWait;

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
    long latest = sentAt[(int) ((sent - 1) % CALLS_PER_WINDOW_MAX)];
    long apart = Math.max(backlog ? 0 : tipWait, share(ticks));
    if (apart > 0) {
      wait = Math.max(wait, latest + apart - ticks);
    }
    return Math.max(0, wait);
  }

  /** Of a backlog, after a call that was throttled itself, {@link RetryPace} alone says when. */
  private long share(long ticks) {
    shared &= ticks - throttledAt < SHARED_FOR.toNanos();
    return shared && (gotThrough || !backlog) ? sharedWait : 0;
  }

  /** A call leaves now; failed ones count too, since the service counts them. */
  void sent(long ticks) {
    sentAt[(int) (sent % CALLS_PER_WINDOW_MAX)] = ticks;
    sent++;
  }

  /**
   * A call was throttled.
   *
   * @param jitter 0 to 1, drawn by chance
   */
  void throttled(long ticks, double jitter) {
    shared = true;
    gotThrough = false;
    throttledAt = ticks;
    sharedWait = RetryPace.throttledWait(RetryPace.THROTTLED_WAIT.toNanos(), jitter);
  }

  /** More is waiting to be read than the answer brought. */
  void behindTip() {
    backlog = true;
    gotThrough = true;
  }

  /**
   * The answer ended at the tip of the shard.
   *
   * @param records how many it brought
   */
  void atTip(int records) {
    backlog = false;
    gotThrough = true;
    tipWait =
        records > 0
            ? Math.max(TIP_WAIT_MIN.toNanos(), tipWait / 2)
            : Math.min(TIP_WAIT_MAX.toNanos(), tipWait + tipWait / 4);
  }
}
