package io.headrace.harness.fleet;

import io.headrace.harness.fleet.Verdicts.Promise;
import java.time.Duration;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * One seed: a fleet, what is put, what is done to it, and the end, when all faults are over and
 * everything has to come right in time. The seed decides all. On the caller's thread.
 */
final class FleetCourse {
  /**
   * After the faults are over: to be buried, claimed and read again, and for the worst back-off.
   */
  private static final int CALM_LEASE_TIMES_MAX = 10;

  private static final Duration CALM_EXTRA_MAX = Duration.ofSeconds(60);

  /** By then nothing moves any more that is balanced; a roll counts as over after 6 of them. */
  private static final int SETTLING_LEASE_TIMES = 14;

  /** Who is started last, and takes over all. */
  static final String HEIR = "heir";

  private static final int STILL_LEASE_TIMES = 4;

  /** Beside the time until a worker looks: to read, to drain, and for calls under way. */
  private static final Duration OBEYED_EXTRA_MAX = Duration.ofSeconds(5);

  private static final Duration LOOK = Duration.ofMillis(250);
  private static final int PUT_AT_ONCE_MAX = 8;

  private final long seed;
  private final SplittableRandom random;
  private final FleetWorld world;
  private final List<Disturbance> kinds;
  private final List<Disturbance> always;
  private final Map<Disturbance, Long> struck = new EnumMap<>(Disturbance.class);
  private boolean putting = true;

  private FleetCourse(long seed, Workload workload, Plant plant, Set<Disturbance> always) {
    this.seed = seed;
    random = new SplittableRandom(seed);
    var plan = FleetPlan.drawnBy(random.split());
    world = new FleetWorld(seed, plan, workload, plant, random.split());
    var drawn = EnumSet.copyOf(Disturbance.drawnBy(random.split()));
    drawn.addAll(always);
    kinds = List.copyOf(drawn);
    this.always = drawn.stream().filter(always::contains).toList();
  }

  /** Runs it from beginning to end, or to the first promise that is broken. */
  static CourseResult run(long seed, Workload workload, Plant plant) {
    return run(seed, workload, plant, Set.of());
  }

  /**
   * As {@link #run(long, Workload, Plant)}.
   *
   * @param always disturbances that the course has beside those that it draws, and every other time
   */
  static CourseResult run(long seed, Workload workload, Plant plant, Set<Disturbance> always) {
    return new FleetCourse(seed, workload, plant, always).run();
  }

  private CourseResult run() {
    Verdicts.@Nullable Violation violation = null;
    try {
      world.trace().tell("world", "plan " + world.plan() + ", disturbances " + kinds);
      play();
      calm();
      settle();
      obey();
      stayStill();
      restore();
    } catch (Verdicts.Broken broken) {
      violation = broken.violation();
    }
    return result(violation);
  }

  private void play() {
    for (int i = 0; i < world.plan().workers(); i++) {
      world.start("w" + i);
      world.loop().advance(Duration.ofMillis(random.nextInt(300)));
    }
    produce();
    for (int step = 0; step < world.plan().steps(); step++) {
      var kind = any(!always.isEmpty() && random.nextBoolean() ? always : kinds);
      world.trace().tell("world", "disturbance " + kind);
      struck.merge(kind, 1L, Long::sum);
      kind.strike(world, random);
      long most = world.plan().leaseTime().toNanos() * 3 / 2;
      world.loop().advance(Duration.ofNanos(random.nextLong(most)));
    }
  }

  private Disturbance any(List<Disturbance> of) {
    return of.get(random.nextInt(of.size()));
  }

  private void produce() {
    if (!putting || puts() >= world.plan().putsMax()) {
      return;
    }
    for (int i = random.nextInt(PUT_AT_ONCE_MAX); i >= 0; i--) {
      put();
    }
    // Spread over the whole course: what happens to a fleet at rest shows nothing.
    long course = world.plan().leaseTime().toNanos() * 3 / 4 * world.plan().steps();
    long pauseMax = course * PUT_AT_ONCE_MAX / world.plan().putsMax();
    var unused = world.loop().schedule(Duration.ofNanos(random.nextLong(pauseMax)), this::produce);
  }

  private void put() {
    var inputs = world.inputs();
    var feed = inputs.get(inputs.size() == 1 ? 0 : random.nextInt(inputs.size()));
    var next = world.workload().next(world, feed, random);
    var unused = feed.puts().put(next.key(), next.bytes(), next.fate());
  }

  private int puts() {
    return world.inputs().stream().mapToInt(feed -> feed.puts().all().size()).sum();
  }

  /** All faults are over; what has been sent may still arrive. */
  private void calm() {
    world.trace().tell("world", "calm");
    putting = false;
    world.calm();
    if (world.active().isEmpty()) {
      world.start("last");
    }
  }

  private void settle() {
    var limit = world.plan().leaseTime().multipliedBy(CALM_LEASE_TIMES_MAX).plus(CALM_EXTRA_MAX);
    long until = world.loop().ticks() + limit.toNanos();
    var missing = Completion.missingIn(world);
    while (missing != null) {
      if (world.loop().ticks() > until) {
        world
            .verdicts()
            .broken(
                Promise.LIVENESS,
                limit.toSeconds()
                    + " s after the last fault: "
                    + missing
                    + world.leases().describe());
        world.verdicts().check();
      }
      world.loop().advance(LOOK);
      if (world.active().isEmpty()) {
        world.start("last");
      }
      missing = Completion.missingIn(world);
    }
  }

  /** In a fleet that is well everybody hears of a pause soon, and of its end. */
  private void obey() {
    if (!kinds.contains(Disturbance.OPERATOR_PAUSES)) {
      return;
    }
    var functions = world.workload().functions(world.plan());
    var function = functions.get(random.nextInt(functions.size()));
    world.operator().pause(function, Optional.empty(), Optional.empty());
    world.loop().advance(world.plan().leaseTime().dividedBy(2).plus(OBEYED_EXTRA_MAX));
    world.operator().insist(true);
    for (int i = 0; i < PUT_AT_ONCE_MAX; i++) {
      put();
    }
    world.loop().advance(world.plan().leaseTime());
    world.operator().insist(false);
    world.operator().resume(function, Optional.empty(), Optional.empty());
    settle();
  }

  /** A fleet whose members stay the same comes to rest. */
  private void stayStill() {
    var lease = world.plan().leaseTime();
    world.loop().advance(lease.multipliedBy(SETTLING_LEASE_TIMES));
    long before = world.leases().changesOfOwner();
    world.loop().advance(lease.multipliedBy(STILL_LEASE_TIMES));
    long moves = world.leases().changesOfOwner() - before;
    if (moves > 0) {
      world
          .verdicts()
          .broken(Promise.LIVENESS, moves + " leases moved in a fleet whose members stay the same");
      world.verdicts().check();
    }
  }

  /** All processes die; what was committed is all that a new one has. */
  private void restore() {
    world.living().forEach(SimulatedProcess::kill);
    var heir = world.start(HEIR);
    var limit = world.plan().leaseTime().multipliedBy(CALM_LEASE_TIMES_MAX).plus(CALM_EXTRA_MAX);
    long until = world.loop().ticks() + limit.toNanos();
    while (heir.tokens().size() < world.openShards()) {
      if (world.loop().ticks() > until) {
        world
            .verdicts()
            .broken(
                Promise.LIVENESS,
                "the heir of all runs only " + heir.tokens().keySet() + world.leases().describe());
        world.verdicts().check();
      }
      world.loop().advance(LOOK);
    }
    world.loop().advance(Duration.ofSeconds(2));
    world.judge();
    world
        .workload()
        .wrongState(world, heir)
        .forEach(wrong -> world.verdicts().broken(Promise.STATE_IS_EXACT, wrong));
    world.verdicts().check();
  }

  private CourseResult result(Verdicts.@Nullable Violation violation) {
    var mishaps = new EnumMap<Weather.Mishap, Long>(Weather.Mishap.class);
    long requests = 0;
    for (var process : world.processes()) {
      process.network().met().forEach((kind, times) -> mishaps.merge(kind, times, Long::sum));
      requests += process.network().requests();
    }
    return new CourseResult(
        seed,
        world.trace().hash(),
        world.trace().events(),
        Duration.ofNanos(world.loop().ticks()),
        requests,
        puts(),
        world.deliveries().deliveries(),
        world.deliveries().repeats(),
        world.deliveries().parkedRecords(),
        world.progress().commits(),
        world.leases().changesOfOwner(),
        struck,
        mishaps,
        violation,
        violation == null ? List.of() : world.trace().lastEvents());
  }
}
