package io.headrace.bench.poison;

import java.time.Duration;

/**
 * What is run: two rounds of the same load, of which the first has no failing key.
 *
 * @param time how long each round is measured; the shard of the poison key splits at its half
 */
record PoisonPlan(Duration time) {
  static final String STREAM = "poison-in";
  static final int KEYS = 10_000;

  /** One record of so many is of the key that fails. */
  static final int POISON_ONE_OF = 100;

  static final String POISON = "poison";

  PoisonPlan {
    if (time.compareTo(Duration.ofSeconds(20)) < 0 || time.compareTo(Duration.ofHours(1)) > 0) {
      throw new IllegalArgumentException(
          "--for " + time.toSeconds() + "s: must be between 20s and 60m");
    }
  }
}
