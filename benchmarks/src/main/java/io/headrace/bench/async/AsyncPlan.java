package io.headrace.bench.async;

import java.time.Duration;
import java.util.Set;

/**
 * How much a run of {@code bench async} does.
 *
 * @param rounds how often all ways are measured, in turn
 * @param warm how long all is warmed up, from a tenth of the rate to the whole
 * @param measured how long it is measured
 */
record AsyncPlan(Set<Way> ways, int rounds, Duration warm, Duration measured) {
  /** Records a second, on a timetable that waits for nothing. */
  static final int RATE = 1_000;

  /** What a call of the service takes. */
  static final Duration CALL = Duration.ofMillis(50);

  /** Calls at once where each holds a thread: RATE times CALL are 50, and some to catch up. */
  static final int THREADS = 100;

  static AsyncPlan full(Set<Way> ways) {
    return new AsyncPlan(ways, 5, Duration.ofSeconds(30), Duration.ofSeconds(60));
  }

  /** A look, not a verdict. */
  static AsyncPlan quick(Set<Way> ways) {
    return new AsyncPlan(ways, 1, Duration.ofSeconds(16), Duration.ofSeconds(20));
  }
}
