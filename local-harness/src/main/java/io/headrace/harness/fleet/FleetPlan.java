package io.headrace.harness.fleet;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * What a simulated fleet is made of, drawn from the seed once.
 *
 * @param shards how many the stream begins with
 * @param workers how many processes are started at the beginning
 * @param workersMax how many may live at once
 * @param keys how many partition keys the producer uses
 * @param putsMax after so many records nothing more is put
 * @param leaseTime of the fleet
 * @param mixed whether some processes run with half the lease time
 * @param paddedTo the size of a record
 * @param memoryBytes of a process, for records in flight
 * @param secondStream whether the second function reads a stream of its own
 * @param limited whether attempts have a time limit
 * @param poisonPercent of the records
 * @param driftPpmMax how far the clock of a process may run off
 */
record FleetPlan(
    int shards,
    int workers,
    int workersMax,
    int keys,
    int putsMax,
    int steps,
    Duration leaseTime,
    boolean mixed,
    Duration commitEvery,
    int batchMax,
    int inFlight,
    int paddedTo,
    long memoryBytes,
    boolean secondFunction,
    boolean secondStream,
    boolean limited,
    int poisonPercent,
    int driftPpmMax) {
  /**
   * Two clocks that run off in opposite directions must not use up the 1 % of the lease time that
   * an owner stops earlier.
   */
  private static final int DRIFT_PPM_MAX = 4_000;

  private static final Duration[] LEASE_TIMES = {
    Duration.ofSeconds(2), Duration.ofSeconds(4), Duration.ofSeconds(10)
  };

  static FleetPlan drawnBy(RandomGenerator random) {
    var plan = withOneStream(random);
    return plan.secondFunction() && random.nextBoolean() ? plan.readingTwoStreams() : plan;
  }

  private FleetPlan readingTwoStreams() {
    return new FleetPlan(
        shards,
        workers,
        workersMax,
        keys,
        putsMax,
        steps,
        leaseTime,
        mixed,
        commitEvery,
        batchMax,
        inFlight,
        paddedTo,
        memoryBytes,
        secondFunction,
        true,
        limited,
        poisonPercent,
        driftPpmMax);
  }

  private static FleetPlan withOneStream(RandomGenerator random) {
    boolean large = random.nextInt(4) == 0;
    return new FleetPlan(
        1 + random.nextInt(6),
        1 + random.nextInt(3),
        2 + random.nextInt(4),
        1 + random.nextInt(12),
        150 + random.nextInt(200),
        12 + random.nextInt(25),
        LEASE_TIMES[random.nextInt(LEASE_TIMES.length)],
        random.nextInt(5) == 0,
        Duration.ofMillis(200 + random.nextInt(3_000)),
        1 + random.nextInt(20),
        1 + random.nextInt(60),
        large ? 30_000 : 0,
        1 << 20,
        random.nextBoolean(),
        false,
        random.nextInt(3) == 0,
        random.nextInt(3) == 0 ? 4 : 0,
        random.nextBoolean() ? DRIFT_PPM_MAX : 0);
  }
}
