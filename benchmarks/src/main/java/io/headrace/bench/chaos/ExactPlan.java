package io.headrace.bench.chaos;

import java.time.Duration;

/**
 * How much is put, and how often processes are killed meanwhile.
 *
 * @param time over which the input is put while things go wrong
 * @param every from one kill to the next
 * @param workers processes at once
 * @param leaseTime of every worker
 * @param payments how many are put; the flights are always those of the file
 * @param seed of which worker is killed, and under which worker id it comes back
 */
record ExactPlan(
    Duration time, Duration every, int workers, Duration leaseTime, int payments, long seed) {
  private static final int PAYMENTS_MAX = 1_000_000;

  /** Parts of the time after which deployments change. */
  static final double FORWARD_HALF_WAY = 0.2;

  static final double BACK = 0.45;
  static final double FORWARD = 0.7;

  ExactPlan {
    if (time.compareTo(Duration.ofSeconds(30)) < 0 || time.compareTo(Duration.ofHours(2)) > 0) {
      throw new IllegalArgumentException("--for " + time + ": must be 30s to 120m");
    }
    if (every.compareTo(Duration.ofSeconds(1)) < 0 || every.compareTo(Duration.ofMinutes(1)) > 0) {
      throw new IllegalArgumentException("--every " + every + ": must be 1s to 60s");
    }
    if (workers < 3 || workers > 20) {
      throw new IllegalArgumentException("--workers " + workers + ": must be 3 to 20");
    }
    if (payments < 1_000 || payments > PAYMENTS_MAX) {
      throw new IllegalArgumentException(
          "--payments " + payments + ": must be 1000 to " + PAYMENTS_MAX);
    }
  }

  /** Fewer kills than this are no run to judge; where workers start slowly there are fewer. */
  int killsMin() {
    return (int) (time.toMillis() / every.toMillis() / 2);
  }

  /** How many workers the first half of the roll replaces. */
  int half() {
    return (workers + 1) / 2;
  }
}
