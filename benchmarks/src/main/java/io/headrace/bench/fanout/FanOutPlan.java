package io.headrace.bench.fanout;

import java.time.Duration;
import java.util.List;
import java.util.Set;

/**
 * How much a run of {@code bench fanout} does.
 *
 * @param consumers which are measured
 * @param rounds how often they are measured, in turn
 * @param warmRecords how many records of a backlog come before the measured ones
 * @param records how many are measured
 * @param window how long each part of the warm-up of a latency run lasts
 * @param measured how long each rate is measured; twice as long at one a second
 */
record FanOutPlan(
    Set<Part> parts,
    Set<Contestant> consumers,
    int rounds,
    long warmRecords,
    long records,
    Duration window,
    Duration measured) {
  /** So many windows are played at the first rate before anything is measured. */
  static final int WARM_UPS = 8;

  /** Records a second, in the order in which they are measured: the first makes all warm. */
  static final List<Integer> RATES = List.of(1_000, 100, 1);

  static FanOutPlan full(Set<Part> parts, Set<Contestant> consumers) {
    return new FanOutPlan(
        parts,
        consumers,
        3,
        3_000_000,
        2_000_000,
        Duration.ofMillis(2_500),
        Duration.ofSeconds(10));
  }

  /** A look, not a verdict: one round, with little time to get warm. */
  static FanOutPlan quick(Set<Part> parts, Set<Contestant> consumers) {
    return new FanOutPlan(
        parts, consumers, 1, 500_000, 500_000, Duration.ofSeconds(1), Duration.ofSeconds(4));
  }

  /** Nothing lasts longer than this, whatever a consumer does. */
  Duration latencyMax() {
    return window
        .multipliedBy(WARM_UPS)
        .plus(window.plus(measured).multipliedBy(2L * RATES.size()))
        .plus(Duration.ofSeconds(30));
  }

  boolean has(Part part) {
    return parts.contains(part);
  }
}
