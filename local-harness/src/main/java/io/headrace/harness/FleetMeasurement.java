package io.headrace.harness;

import io.headrace.harness.FleetFigures.Target;
import io.headrace.kcl.Shard;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.BooleanSupplier;

/**
 * A large fleet on a good day, measured in virtual time: start, rest, join, orderly stop, death,
 * rolling restarts, splits and merges. Every promise is judged meanwhile. On the caller's thread.
 */
final class FleetMeasurement {
  /** Figures of {@code docs/simulator.md}. */
  private static final double FRESH_START_SECONDS = 3;

  private static final double GAP_SECONDS = 1;
  private static final double REQUESTS_PER_SECOND = 0.76;
  private static final double MEAN_MOVES = 1.5;
  private static final double MOST_MOVES = 3;
  private static final double MOVES_WITH_SURGE = 1;

  private static final Duration LEASE_TIME = Duration.ofSeconds(10);
  private static final Duration REST = Duration.ofSeconds(60);
  private static final Duration LOOK = Duration.ofMillis(50);
  private static final Duration LIMIT = Duration.ofMinutes(5);
  private static final Duration START_TAKES = Duration.ofSeconds(2);
  private static final int RESHARDED = 5;
  private static final double NANOS = 1e9;

  private final FleetWorld world;
  private final Meter meter;
  private final SplittableRandom random;
  private final int workers;
  private final int shards;
  private final List<Target> targets = new ArrayList<>();

  FleetMeasurement(long seed, int workers, int shards) {
    this.workers = workers;
    this.shards = shards;
    random = new SplittableRandom(seed);
    world = new FleetWorld(seed, plan(), new ProbeWorkload(), Plant.NONE, random.split());
    meter = new Meter(world);
  }

  private FleetPlan plan() {
    return new FleetPlan(
        shards,
        workers,
        workers + 1,
        1,
        Integer.MAX_VALUE,
        0,
        LEASE_TIME,
        false,
        Duration.ofSeconds(5),
        20,
        64,
        0,
        64 << 20,
        false,
        false,
        false,
        0,
        0);
  }

  /** Throws {@link Verdicts.Broken} when a promise is broken on the way. */
  FleetFigures run() {
    start();
    rest();
    join();
    stopOne();
    killOne();
    roll("rollingRestart", false);
    roll("rollingRestartWithSurge", true);
    reshard();
    return new FleetFigures(
        workers, shards, LEASE_TIME, Duration.ofNanos(world.loop().ticks()), targets);
  }

  private void target(String name, double value, double limit) {
    targets.add(new Target(name, Math.round(value * 1_000) / 1_000.0, limit));
  }

  /** Lets time pass until it is so; answers how long it took. */
  private double secondsUntil(BooleanSupplier done) {
    long began = world.loop().ticks();
    while (!done.getAsBoolean() && world.loop().ticks() - began < LIMIT.toNanos()) {
      world.loop().advance(LOOK);
    }
    return (world.loop().ticks() - began) / NANOS;
  }

  private boolean allRun() {
    return meter.counts().values().stream().mapToInt(Integer::intValue).sum()
        == world.stream().openShards().size();
  }

  private boolean isBalanced() {
    var counts = meter.counts().values();
    int most = counts.stream().mapToInt(Integer::intValue).max().orElse(0);
    int fewest = counts.stream().mapToInt(Integer::intValue).min().orElse(0);
    return allRun() && most - fewest <= 1;
  }

  private void settle() {
    secondsUntil(() -> isBalanced() && meter.nothingWaits());
    world.loop().advance(LEASE_TIME.dividedBy(2));
  }

  private void start() {
    for (int i = 0; i < workers; i++) {
      world.start("w" + i);
      world.loop().advance(Duration.ofMillis(random.nextInt(5)));
    }
    target("freshStartSeconds", secondsUntil(this::allRun), FRESH_START_SECONDS);
    settle();
  }

  private void rest() {
    long before = requests();
    world.loop().advance(REST);
    double each = (double) (requests() - before) / world.active().size() / REST.toSeconds();
    target("idleRequestsOfAWorkerPerSecond", each, REQUESTS_PER_SECOND);
  }

  private long requests() {
    return world.living().stream().mapToLong(process -> process.network().tableRequests()).sum();
  }

  private void join() {
    meter.reset();
    world.start("joiner");
    target("joinBalancedSeconds", secondsUntil(this::isBalanced), 2.0 * LEASE_TIME.toSeconds());
    settle();
    target("moveGapSeconds", meter.longestGapSeconds(), GAP_SECONDS);
  }

  private void stopOne() {
    meter.reset();
    stop(world.active().get(1));
    settle();
    target("orderlyStopGapSeconds", meter.longestGapSeconds(), GAP_SECONDS);
  }

  private void stop(SimulatedProcess process) {
    meter.shardsOf(process).forEach(meter::watch);
    process.leave();
    secondsUntil(() -> process.life() == SimulatedProcess.Life.OVER);
  }

  private void killOne() {
    meter.reset();
    var victim = world.active().get(2);
    meter.shardsOf(victim).forEach(meter::watch);
    victim.kill();
    settle();
    double limit = 1.2 * LEASE_TIME.toSeconds() + 1;
    target("failoverGapSeconds", meter.longestGapSeconds(), limit);
  }

  private void roll(String name, boolean surge) {
    settle();
    meter.reset();
    var former = List.copyOf(world.active());
    if (surge) {
      world.start("surge");
      secondsUntil(this::isBalanced);
    }
    for (var process : former) {
      stop(process);
      world.loop().advance(START_TAKES);
      world.start(process.id());
      secondsUntil(this::isBalanced);
    }
    if (surge) {
      stop(last("surge"));
    }
    settle();
    target(name + "MeanMoves", meter.meanStarts(), surge ? MOVES_WITH_SURGE : MEAN_MOVES);
    target(name + "MostMoves", meter.mostStarts(), surge ? MOVES_WITH_SURGE : MOST_MOVES);
    target(name + "GapSeconds", meter.longestGapSeconds(), GAP_SECONDS);
  }

  private SimulatedProcess last(String id) {
    return world.active().stream().filter(p -> p.id().equals(id)).findFirst().orElseThrow();
  }

  private void reshard() {
    meter.reset();
    var before = world.stream().openShards();
    for (int i = 0; i < RESHARDED; i++) {
      world.puts().split(before.get(i).id());
      world.puts().merge(before.get(shards - 2 * i - 2).id(), before.get(shards - 2 * i - 1).id());
    }
    world.listing().remember();
    var children =
        world.stream().openShards().stream().filter(shard -> !before.contains(shard)).toList();
    secondsUntil(() -> meter.allResumed(children) && Completion.missingIn(world) == null);
    target("childStartSeconds", childStart(children), GAP_SECONDS);
  }

  private double childStart(List<Shard> children) {
    return meter.longestChildStartSeconds(children);
  }
}
