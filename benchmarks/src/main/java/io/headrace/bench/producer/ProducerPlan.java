package io.headrace.bench.producer;

import java.time.Duration;
import java.util.Set;

/**
 * How much a run of {@code bench producer} does.
 *
 * @param rounds how often all are measured, in turn
 * @param warmRecords how many records are put before the measured ones
 * @param records how many are measured
 * @param warmUp how long records are put on a timetable before they are measured
 * @param measured how long they are measured
 * @param orderedRecords how many are put under throttling, a split and a merge
 */
record ProducerPlan(
    Set<Part> parts,
    int rounds,
    long warmRecords,
    long records,
    Duration warmUp,
    Duration measured,
    int orderedRecords) {
  /** Records a second on the timetable. */
  static final int RATE = 1_000;

  static ProducerPlan full(Set<Part> parts) {
    return new ProducerPlan(
        parts, 3, 1_000_000, 2_000_000, Duration.ofSeconds(8), Duration.ofSeconds(10), 100_000);
  }

  /** A look, not a verdict: one round, with little time to get warm. */
  static ProducerPlan quick(Set<Part> parts) {
    return new ProducerPlan(
        parts, 1, 300_000, 500_000, Duration.ofSeconds(2), Duration.ofSeconds(3), 30_000);
  }

  boolean has(Part part) {
    return parts.contains(part);
  }
}
