package io.headrace.kcl.kinesis;

import java.time.Duration;

/**
 * When a call that failed is tried again: after 200 to 250 ms within the first second of failures,
 * so that two readers of a shard who met once part quickly; then twice as long each time, up to
 * {@link #WAIT_MAX} and a quarter. Pure arithmetic on ticks; one owner thread.
 */
final class RetryPace {
  static final Duration WAIT_MIN = Duration.ofMillis(200);
  static final Duration WAIT_MAX = Duration.ofSeconds(5);

  /** No doubling before failures have lasted so long. */
  static final Duration PATIENCE = Duration.ofSeconds(1);

  private boolean failing;
  private long failingSince;
  private long wait = WAIT_MIN.toNanos();
  private long notBefore;

  /**
   * A call failed: the next one waits.
   *
   * @param jitter 0 to 1, drawn by chance
   */
  void failed(long ticks, double jitter) {
    if (!failing) {
      failing = true;
      failingSince = ticks;
      wait = WAIT_MIN.toNanos();
    } else if (ticks - failingSince >= PATIENCE.toNanos()) {
      wait = Math.min(WAIT_MAX.toNanos(), wait * 2);
    }
    notBefore = ticks + wait + (long) (wait / 4.0 * jitter);
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
