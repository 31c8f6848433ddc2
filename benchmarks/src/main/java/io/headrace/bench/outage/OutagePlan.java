package io.headrace.bench.outage;

import java.time.Duration;

/**
 * What is run.
 *
 * @param off how long the dependency is off
 * @param before how long all runs at full load before, of which the last half is measured
 * @param workers processes
 * @param after the load when the dependency is back, as a share of the full load
 */
record OutagePlan(Duration off, Duration before, int workers, double after) {
  static final String STREAM = "outage-in";
  static final String FUNCTION = "priced";
  static final String DEPENDENCY = "price-service";
  static final int KEYS = 1_000;

  /** What a worker may hold of records that are read and not finished. */
  static final long MEMORY_BYTES = 16 << 20;

  /** A function that is paused probes so often at least; it is what a user would set for this. */
  static final Duration PROBE_MAX = Duration.ofSeconds(5);

  OutagePlan {
    if (off.compareTo(Duration.ofSeconds(2)) < 0 || off.compareTo(Duration.ofMinutes(30)) > 0) {
      throw new IllegalArgumentException(
          "--for " + off.toSeconds() + "s: must be between 2s and 30m");
    }
    if (before.compareTo(Duration.ofSeconds(2)) < 0) {
      throw new IllegalArgumentException(
          "--before " + before.toSeconds() + "s: must be at least 2s");
    }
    if (workers < 1 || workers > 8) {
      throw new IllegalArgumentException("--workers " + workers + ": must be 1 to 8");
    }
    if (!(after >= 0 && after <= 0.8)) {
      throw new IllegalArgumentException(
          "--after " + after + ": must be 0 to 0.8 of the full load: with more nothing catches up");
    }
  }
}
