package io.headrace.bench.outage;

import java.time.Duration;

/**
 * What is run.
 *
 * @param time under load
 * @param before full load before, of which the last half says what the most is
 * @param every so often something happens
 * @param seed of what is drawn
 */
record SoakPlan(Duration time, Duration before, Duration every, long seed) {
  /** The first is never replaced, and looked at; the others are. */
  static final int WORKERS = 3;

  /** What is put, of the most that can be handled. */
  static final double LOAD = 0.5;

  /** So long a fault lasts; less than {@link #every}. */
  static final Duration FAULT = Duration.ofSeconds(5);

  static final int OPEN_SHARDS_MAX = 8;

  /** A journal each, of which a judge takes a hundred. */
  private static final int DEPLOYMENTS_MAX = 60;

  private static final Duration BEFORE = Duration.ofSeconds(20);
  private static final Duration EVERY_MIN = Duration.ofSeconds(8);
  private static final Duration TIME_MIN = Duration.ofSeconds(30);
  private static final Duration TIME_MAX = Duration.ofHours(2);

  SoakPlan {
    if (time.compareTo(TIME_MIN) < 0 || time.compareTo(TIME_MAX) > 0) {
      throw new IllegalArgumentException(
          "--for " + time.toSeconds() + "s: must be between 30s and 2h");
    }
  }

  /** Something happens as often as the number of processes allows. */
  static SoakPlan of(Duration time, long seed) {
    Duration every = time.dividedBy(DEPLOYMENTS_MAX * 2L);
    return new SoakPlan(time, BEFORE, every.compareTo(EVERY_MIN) < 0 ? EVERY_MIN : every, seed);
  }
}
