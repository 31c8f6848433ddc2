package io.headrace.bench.outage;

import java.util.List;

/**
 * How far behind the fleet is, second by second, from when all workers call the function again.
 * Immutable.
 *
 * <p>The lag has to fall monotonically: no sample is above the smallest one before it by more than
 * a tolerance. That is what is put in one second, the time between two samples: put and handled are
 * counted one after the other and not in one instant, so a sample may be off by the little time
 * between, and a pause of a worker's JVM is seen as a rise when it lasts as long as a sample.
 */
record Course(List<Sample> samples, double putsPerSecond) {
  /** A lag of so many seconds of puts is none: records are always on their way. */
  private static final double CAUGHT_UP_SECONDS = 1;

  /** The age is looked at once a second by the worker, and once a second by the benchmark. */
  private static final double AGE_STEP_SECONDS = 2;

  Course {
    samples = List.copyOf(samples);
  }

  /**
   * One look.
   *
   * @param seconds since the dependency is back
   * @param lag records that are stored and not handled
   * @param age of the oldest record that is not finished, in the worst shard
   */
  record Sample(double seconds, long lag, double age) {}

  double toleranceRecords() {
    return putsPerSecond;
  }

  static double toleranceAgeSeconds() {
    return AGE_STEP_SECONDS;
  }

  static boolean isCaughtUp(long lag, double putsPerSecond) {
    return lag <= CAUGHT_UP_SECONDS * Math.max(1, putsPerSecond);
  }

  /** By how much the lag was above the smallest before, at its worst; in records. */
  double worstRise() {
    return worstRise(samples.stream().mapToDouble(Sample::lag).toArray());
  }

  /** The same of the age, in seconds. */
  double worstAgeRise() {
    return worstRise(samples.stream().mapToDouble(Sample::age).toArray());
  }

  private static double worstRise(double[] values) {
    double smallest = Double.POSITIVE_INFINITY;
    double worst = 0;
    for (double value : values) {
      smallest = Math.min(smallest, value);
      worst = Math.max(worst, value - smallest);
    }
    return worst;
  }
}
