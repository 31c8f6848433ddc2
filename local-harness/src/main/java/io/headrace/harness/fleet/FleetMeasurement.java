package io.headrace.harness.fleet;

import io.headrace.harness.fleet.FleetFigures.Target;
import io.headrace.kcl.Shard;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

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

  private static final double FAILOVER_SECONDS = 1.2 * LEASE_TIME.toSeconds() + 1;

  /** A look every 0.8 lease times, and a heartbeat every two. */
  private static final double REQUESTS_OF_A_STANDBY = 0.18;

  /** So many stay awake whether they hold anything or not. */
  private static final int AWAKE_MIN = 2;

  /** By then everybody who may sleep does. */
  private static final Duration ASLEEP_AFTER = LEASE_TIME.multipliedBy(6);

  private static final Duration REST = Duration.ofSeconds(60);
  private static final Duration LOOK = Duration.ofMillis(50);
  private static final Duration LIMIT = Duration.ofMinutes(5);
  private static final Duration START_TAKES = Duration.ofSeconds(2);

  /** From the start of a worker until the next one's turn in a roll. */
  private static final Duration NEXT_AFTER = Duration.ofSeconds(4);

  /** A roll counts as over after 6 lease times; balance begins then, or never. */
  private static final Duration RESTS_AFTER = LEASE_TIME.multipliedBy(7);

  private static final int ROLL_TOLD_EVERY = 5;
  private static final int RESHARDED = 5;
  private static final double NANOS = 1e9;

  private final FleetWorld world;
  private final Meter meter;
  private final SplittableRandom random;
  private final int workers;
  private final int shards;
  private final Consumer<String> progress;
  private final List<Target> targets = new ArrayList<>();

  /**
   * @param progress told what is measured, at the beginning of each part and every so many workers
   *     of a roll
   */
  FleetMeasurement(long seed, int workers, int shards, Consumer<String> progress) {
    this.progress = progress;
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
    roll();
    rollWithSurge();
    reshard();
    return figures();
  }

  private FleetFigures figures() {
    return new FleetFigures(
        workers, shards, LEASE_TIME, Duration.ofNanos(world.loop().ticks()), targets);
  }

  /**
   * The same for a fleet with more workers than shards: what it costs, and how soon a worker that
   * held nothing runs what another one held.
   */
  FleetFigures runStandbys() {
    start();
    world.loop().advance(ASLEEP_AFTER);
    tell("more workers than shards, at rest");
    long before = requests();
    world.loop().advance(REST);
    double all = (double) (requests() - before) / REST.toSeconds();
    int awake = Math.max(shards, AWAKE_MIN);
    double most = awake * REQUESTS_PER_SECOND + (workers - awake) * REQUESTS_OF_A_STANDBY;
    target("standbyFleetRequestsPerSecond", all, most);
    inherit("standbyFailover", SimulatedProcess::kill, FAILOVER_SECONDS);
    inherit("standbyOrderlyStop", SimulatedProcess::leave, GAP_SECONDS);
    return figures();
  }

  private void inherit(String name, Consumer<SimulatedProcess> end, double gapMax) {
    meter.reset();
    var holder =
        world.active().stream().filter(one -> !one.tokens().isEmpty()).findFirst().orElseThrow();
    meter.shardsOf(holder).forEach(meter::watch);
    end.accept(holder);
    double even = secondsUntil(this::isBalanced);
    settle();
    target(name + "GapSeconds", meter.longestGapSeconds(), gapMax);
    target(name + "BalancedSeconds", even, gapMax + 2.0 * LEASE_TIME.toSeconds());
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

  /** A difference too small to be balanced stays; nothing moves any more then. */
  private void settle() {
    secondsUntil(
        () -> allRun() && meter.nothingWaits() && (isBalanced() || meter.restsFor(RESTS_AFTER)));
    world.loop().advance(LEASE_TIME.dividedBy(2));
  }

  private void start() {
    tell("fresh start");
    for (int i = 0; i < workers; i++) {
      world.start("w" + i);
      world.loop().advance(Duration.ofMillis(random.nextInt(5)));
    }
    target("freshStartSeconds", secondsUntil(this::allRun), FRESH_START_SECONDS);
    settle();
  }

  private void rest() {
    tell("at rest");
    long before = requests();
    world.loop().advance(REST);
    double each = (double) (requests() - before) / world.active().size() / REST.toSeconds();
    target("idleRequestsOfAWorkerPerSecond", each, REQUESTS_PER_SECOND);
  }

  private long requests() {
    return world.living().stream().mapToLong(process -> process.network().tableRequests()).sum();
  }

  private void join() {
    tell("a worker joins");
    meter.reset();
    world.start("joiner");
    target("joinBalancedSeconds", secondsUntil(this::isBalanced), 2.0 * LEASE_TIME.toSeconds());
    settle();
    target("moveGapSeconds", meter.longestGapSeconds(), GAP_SECONDS);
  }

  private void stopOne() {
    tell("a worker is stopped");
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
    tell("a worker dies");
    meter.reset();
    var victim = world.active().get(2);
    meter.shardsOf(victim).forEach(meter::watch);
    victim.kill();
    settle();
    target("failoverGapSeconds", meter.longestGapSeconds(), FAILOVER_SECONDS);
  }

  /** One after the other is stopped and started again, whether the fleet is even or not. */
  private void roll() {
    settle();
    meter.reset();
    var former = List.copyOf(world.active());
    for (int i = 0; i < former.size(); i++) {
      tellOfRoll("rolling restart", i, former.size());
      stop(former.get(i));
      world.loop().advance(START_TAKES);
      world.start(former.get(i).id());
      world.loop().advance(NEXT_AFTER);
    }
    settle();
    rolled("rollingRestart", MEAN_MOVES, MOST_MOVES);
  }

  /** Before each stop a worker of the new release is started, under a name of its own. */
  private void rollWithSurge() {
    settle();
    meter.reset();
    var former = List.copyOf(world.active());
    for (int i = 0; i < former.size(); i++) {
      tellOfRoll("rolling restart with a surge worker", i, former.size());
      world.start("next" + i, "surge");
      world.loop().advance(NEXT_AFTER);
      stop(former.get(i));
      world.loop().advance(START_TAKES);
    }
    settle();
    rolled("rollingRestartWithSurge", MOVES_WITH_SURGE, MOVES_WITH_SURGE);
  }

  private void tellOfRoll(String what, int done, int all) {
    if (done % ROLL_TOLD_EVERY == 0) {
      tell(what + ", " + done + " of " + all);
    }
  }

  private void rolled(String name, double mean, double most) {
    target(name + "MeanMoves", meter.meanStarts(), mean);
    target(name + "MostMoves", meter.mostStarts(), most);
    target(name + "GapSeconds", meter.longestGapSeconds(), GAP_SECONDS);
  }

  private void tell(String what) {
    progress.accept(
        "%s, %d workers, %d shards, %d s of virtual time"
            .formatted(
                what,
                world.active().size(),
                world.openShards(),
                Duration.ofNanos(world.loop().ticks()).toSeconds()));
  }

  private void reshard() {
    tell("splits and merges");
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
