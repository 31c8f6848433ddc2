package io.headrace.bench.local;

import java.time.Duration;
import java.util.Set;

/**
 * How much a run of {@code bench local} does.
 *
 * @param rounds how often all servers are measured, in turn
 * @param warmUp how long each kind of call is made before it is measured
 * @param measured how long each is measured
 * @param recordsMax a phase that puts ends early at this number of records
 * @param ownRecords what our server is filled with to see its memory
 * @param peerRecords what the others are filled with, as far as they come in {@link #PEER_FILL_MAX}
 */
record LocalPlan(
    Set<Part> parts,
    int rounds,
    Duration warmUp,
    Duration measured,
    long recordsMax,
    long ownRecords,
    long peerRecords) {
  static final Duration PEER_FILL_MAX = Duration.ofSeconds(20);
  static final Duration OWN_FILL_MAX = Duration.ofMinutes(2);

  static LocalPlan full(Set<Part> parts) {
    return new LocalPlan(
        parts, 3, Duration.ofMillis(2500), Duration.ofMillis(2500), 1_000_000, 10_000_000, 100_000);
  }

  /** A look, not a verdict: one round, with little time to get warm. */
  static LocalPlan quick(Set<Part> parts) {
    return new LocalPlan(
        parts, 1, Duration.ofMillis(1000), Duration.ofMillis(1500), 500_000, 1_000_000, 10_000);
  }

  boolean has(Part part) {
    return parts.contains(part);
  }

  /** Nothing lasts longer than this, whatever a server does; what does is reported as a failure. */
  Duration loadMax() {
    return warmUp.multipliedBy(24).plus(measured.multipliedBy(16)).plus(Duration.ofSeconds(60));
  }
}
