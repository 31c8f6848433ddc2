package io.headrace.bench.state;

import java.time.Duration;
import java.util.Set;

/**
 * How much a run of {@code bench state} does.
 *
 * @param rounds how often all parts are measured, in turn
 * @param restartBytes of state with which a shard is restarted
 * @param blocksWarm of records, a second each, that warm the processes of {@link Part#COST}
 * @param blocks of records that are counted there
 * @param warm how long records are put before latency is measured
 * @param measured how long it is measured at each rate
 */
record StatePlan(
    Set<Part> parts,
    int rounds,
    long restartBytes,
    int blocksWarm,
    int blocks,
    Duration warm,
    Duration measured) {

  static StatePlan full(Set<Part> parts) {
    return new StatePlan(
        parts, 3, 1L << 30, 60, 30, Duration.ofSeconds(20), Duration.ofSeconds(30));
  }

  /** A look, not a verdict. */
  static StatePlan quick(Set<Part> parts) {
    return new StatePlan(
        parts, 1, 64L << 20, 20, 15, Duration.ofSeconds(10), Duration.ofSeconds(10));
  }
}
