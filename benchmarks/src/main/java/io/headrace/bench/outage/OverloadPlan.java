package io.headrace.bench.outage;

import java.time.Duration;

/**
 * What is run.
 *
 * @param over how long twice of what is sustainable is put
 * @param before how long all runs at full load before, of which the last half says what that is
 * @param throttled how long the table, and then the stream, refuses most requests
 * @param workers processes
 */
record OverloadPlan(Duration over, Duration before, Duration throttled, int workers) {
  /** What is put, of what is sustainable. */
  static final double TIMES = 2;

  /** While requests are refused, of what is sustainable. */
  static final double WHILE_THROTTLED = 0.5;

  /** Of the requests. */
  static final double REFUSED = 0.9;

  static final int WORKER_HEAP_MEBIBYTES = 256;

  static OverloadPlan full() {
    return new OverloadPlan(
        Duration.ofMinutes(10), Duration.ofSeconds(40), Duration.ofMinutes(3), 2);
  }

  /** A look, not a verdict. */
  static OverloadPlan quick() {
    return new OverloadPlan(
        Duration.ofSeconds(30), Duration.ofSeconds(16), Duration.ofSeconds(40), 2);
  }
}
