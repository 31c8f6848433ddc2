package io.headrace.bench.chaos;

import java.time.Duration;

/**
 * How long, and how hard.
 *
 * @param time in which things go wrong; what follows until all is delivered comes on top
 * @param workers processes at once
 * @param leaseTime of every worker
 * @param rate records put a second
 * @param seed of everything that is drawn
 */
record ChaosPlan(Duration time, int workers, Duration leaseTime, int rate, long seed) {
  static final int KEYS = 200;
  static final int SHARDS = 4;
  static final int OPEN_SHARDS_MAX = 12;

  ChaosPlan {
    if (time.compareTo(Duration.ofSeconds(1)) < 0) {
      throw new IllegalArgumentException("--for " + time + ": must be at least 1s");
    }
    if (workers < 3 || workers > 20) {
      throw new IllegalArgumentException("--workers " + workers + ": must be 3 to 20");
    }
    if (rate < 1 || rate > 5_000) {
      throw new IllegalArgumentException("--rate " + rate + ": must be 1 to 5000 records/s");
    }
  }
}
