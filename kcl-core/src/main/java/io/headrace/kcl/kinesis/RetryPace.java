package io.headrace.kcl.kinesis;

import java.time.Duration;

/**
 * When a call that failed is tried again: after 200 to 250 ms within the first second of failures,
 * so that two readers of a shard who met once part quickly; then twice as long each time, up to
 * {@link #WAIT_MAX} and a quarter.
 *
 * <p>A throttled call is no outage: the service is up and says that its shard was asked too much,
 * by whomever, and the next call may well get through. So it is followed by calls at a steady pace
 * of about two a second, less than half of what the reader of a busy shard sends else. Only when
 * none got through for {@link #THROTTLED_PATIENCE} do these waits double too. Pure arithmetic on
 * ticks; one owner thread.
 */
final class RetryPace {
  static final Duration WAIT_MIN = Duration.ofMillis(200);
  static final Duration WAIT_MAX = Duration.ofSeconds(5);

  /** No doubling before failures have lasted so long. */
  static final Duration PATIENCE = Duration.ofSeconds(1);

  /** From one throttled call to the next, and up to as much again by chance. */
  static final Duration THROTTLED_WAIT = Duration.ofMillis(300);

  /** The same where nothing gets through: a whole fleet is throttled then, and has to spread. */
  static final Duration THROTTLED_WAIT_MAX = Duration.ofMillis(2_500);

  /**
   * No doubling before calls have been throttled for so long. Where one of ten gets through, a
   * hundred and more in a row are not throttled by chance.
   */
  static final Duration THROTTLED_PATIENCE = Duration.ofMinutes(1);

  private boolean failing;
  private long failingSince;
  private boolean throttled;
  private long throttledSince;
  private long wait = WAIT_MIN.toNanos();
  private long notBefore;

  /**
   * A call failed: the next one waits.
   *
   * @param jitter 0 to 1, drawn by chance
   */
  void failed(long ticks, double jitter) {
    begin(ticks);
    if (!isRecent(ticks)) {
      wait = Math.min(WAIT_MAX.toNanos(), wait * 2);
    }
    notBefore = ticks + wait + (long) (wait / 4.0 * jitter);
  }

  /**
   * A call was throttled: the next one waits.
   *
   * @param jitter 0 to 1, drawn by chance
   */
  void throttled(long ticks, double jitter) {
    begin(ticks);
    if (!throttled) {
      throttled = true;
      throttledSince = ticks;
    }
    if (isRecent(ticks)) {
      notBefore = ticks + wait + (long) (wait / 4.0 * jitter);
      return;
    }
    wait =
        ticks - throttledSince < THROTTLED_PATIENCE.toNanos()
            ? THROTTLED_WAIT.toNanos()
            : Math.min(THROTTLED_WAIT_MAX.toNanos(), wait * 2);
    notBefore = ticks + throttledWait(wait, jitter);
  }

  /** From the wait to twice as long, so that those who were throttled together part. */
  static long throttledWait(long wait, double jitter) {
    return wait + (long) (wait * jitter);
  }

  private void begin(long ticks) {
    if (!failing) {
      failing = true;
      failingSince = ticks;
      throttled = false;
      wait = WAIT_MIN.toNanos();
    }
  }

  private boolean isRecent(long ticks) {
    return ticks - failingSince < PATIENCE.toNanos();
  }

  /** A call succeeded. */
  void succeeded() {
    failing = false;
  }

  /** Nanoseconds until the next call may leave; zero when nothing failed. */
  long waitNanos(long ticks) {
    return failing ? Math.max(0, notBefore - ticks) : 0;
  }
}
