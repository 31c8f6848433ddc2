package io.headrace.bench.chaos;

import java.time.Duration;

/**
 * How often processes are killed, and under what load.
 *
 * @param kills how many, one after the other or at once
 * @param every the mean time from one to the next
 * @param workers processes at once
 * @param leaseTime of every worker
 * @param rate records put a second; three functions read each of them
 * @param seed of everything that is drawn
 */
record LettersPlan(
    int kills, Duration every, int workers, Duration leaseTime, int rate, long seed) {
  LettersPlan {
    if (kills < 1 || kills > 1_000) {
      throw new IllegalArgumentException("--kills " + kills + ": must be 1 to 1000");
    }
    if (every.compareTo(Duration.ofMillis(500)) < 0 || every.compareTo(Duration.ofMinutes(1)) > 0) {
      throw new IllegalArgumentException("--every " + every + ": must be 0.5s to 60s");
    }
    if (workers < 3 || workers > 20) {
      throw new IllegalArgumentException("--workers " + workers + ": must be 3 to 20");
    }
    if (rate < 1 || rate > 2_000) {
      throw new IllegalArgumentException("--rate " + rate + ": must be 1 to 2000 records/s");
    }
  }
}
