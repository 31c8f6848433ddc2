package io.headrace.bench.consumer;

import java.time.Duration;
import java.util.List;
import java.util.Set;

/**
 * How much a run of {@code bench latency} does.
 *
 * @param consumers which are measured
 * @param rounds how often they are measured, in turn
 * @param window how long each part of the warm-up lasts
 * @param measured how long each rate is measured; twice as long at one a second
 */
record LatencyPlan(Set<Contestant> consumers, int rounds, Duration window, Duration measured) {
  /** So many windows are played at the first rate before anything is measured. */
  static final int WARM_UPS = 8;

  /** Records a second, in the order in which they are measured: the first makes all warm. */
  static final List<Integer> RATES = List.of(1_000, 100, 1);

  static LatencyPlan full(Set<Contestant> consumers) {
    return new LatencyPlan(consumers, 5, Duration.ofMillis(2_500), Duration.ofSeconds(10));
  }

  /** A look, not a verdict: one round, with little time to get warm. */
  static LatencyPlan quick(Set<Contestant> consumers) {
    return new LatencyPlan(consumers, 1, Duration.ofSeconds(1), Duration.ofSeconds(4));
  }

  /** Nothing lasts longer than this, whatever a consumer does. */
  Duration latencyMax() {
    return window
        .multipliedBy(WARM_UPS)
        .plus(window.plus(measured).multipliedBy(2L * RATES.size()))
        .plus(Duration.ofSeconds(30));
  }
}
