package io.headrace.harness.fleet;

import io.headrace.checkpoint.ProgressKey;
import io.headrace.function.DeadLetter;
import io.headrace.function.FunctionEvent;
import io.headrace.function.FunctionRuntime;
import io.headrace.function.OutputTap;
import io.headrace.function.RuntimeListener;
import io.headrace.function.Side;
import io.headrace.harness.fleet.Verdicts.Promise;
import io.headrace.kcl.LeaseToken;
import io.headrace.kcl.Position;
import io.headrace.kcl.ShardHandler.Outcome;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.WorkerEvent;
import io.headrace.kcl.loop.EventLoop;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * One operating-system process of a simulated fleet: a production runtime on loops, a clock and a
 * network of its own, which may be paused, suspended with its clock, hang in one thread, and be
 * killed. On the world's loop only.
 */
final class SimulatedProcess {
  /** How a process stands, from outside. */
  enum Life {
    RUNNING,
    LEAVING,
    OVER
  }

  /** Soon, so that restarts meet everything else that happens. */
  private static final Duration STUCK_AFTER = Duration.ofSeconds(12);

  private static final int POOL_WAIT_MICROS_MAX = 5_000;
  private static final int STACK_LINES_MAX = 12;

  private final FleetWorld world;
  private final String id;
  private final String name;
  private final ProcessClock clock;
  private final ProcessLoop workerLoop;
  private final ProcessLoop leaseLoop;
  private final ProcessLoop pool;
  private final Weather weather = new Weather();
  private final Network network;
  private final SplittableRandom poolRandom;
  private final Duration leaseTime;
  private final Map<ShardKey, LeaseToken> tokens = new LinkedHashMap<>();
  private final Set<ProgressKey> held = new HashSet<>();
  private final long ordersAtStart;
  private final FunctionRuntime.Running running;
  private Life life = Life.RUNNING;
  private long trustedFrom;

  /**
   * Starts it.
   *
   * @param number tells processes of one worker id apart
   */
  SimulatedProcess(
      FleetWorld world, String id, int number, String deployment, SplittableRandom random) {
    this.world = world;
    this.id = id;
    this.name = id + "." + number;
    var plan = world.plan();
    int drift = plan.driftPpmMax();
    clock = new ProcessClock(world.loop(), drift == 0 ? 0 : random.nextInt(-drift, drift + 1));
    workerLoop = new ProcessLoop(world.loop(), clock, this::fault);
    leaseLoop = new ProcessLoop(world.loop(), clock, this::fault);
    pool = new ProcessLoop(world.loop(), clock, this::fault);
    poolRandom = random.split();
    network = world.networkOf(this, random.split());
    leaseTime =
        plan.mixed() && random.nextBoolean() ? plan.leaseTime().dividedBy(2) : plan.leaseTime();
    ordersAtStart = world.operator().number();
    running = start(random.split(), deployment);
  }

  private FunctionRuntime.Running start(SplittableRandom random, String deployment) {
    var plan = world.plan();
    var plant = world.plant();
    var runtime =
        FunctionRuntime.named(FleetWorld.APPLICATION)
            .workerId(id)
            .on(
                plant.workerLoopOf(this, workerLoop),
                plant.leaseLoopOf(this, leaseLoop),
                plant.poolOf(this, this::onPool),
                plant.randomOf(this, random))
            .leasesIn(plant.tableOf(this, new NetworkedTable(world.table(), name, network)))
            .checkpointsIn(plant.storeOf(this, new NetworkedStore(world.store(), network)))
            .stateIn(
                plant.chunksOf(this, new NetworkedChunks(world.chunks(), network, world::isJudged)))
            .connecting(plant.streamsOf(this, world.streamsThrough(network)))
            .leaseTime(leaseTime)
            .deployment(deployment)
            .committingEvery(plan.commitEvery())
            .restartingWhenStuckFor(STUCK_AFTER, 1)
            .memoryBytes(plan.memoryBytes())
            .stoppingWithin(plan.leaseTime().dividedBy(2))
            .tappedBy(plant.tapOf(this, new Tap()))
            .observedBy(new Ear());
    world.workload().configure(runtime, plan, id);
    world.workload().specs(world, this).forEach(runtime::run);
    return runtime.start();
  }

  private void onPool(Runnable task) {
    var wait = Duration.ofNanos(poolRandom.nextInt(POOL_WAIT_MICROS_MAX) * 1_000L);
    var unused = pool.schedule(wait.plus(world.mood().waitsForThread()), task);
  }

  String id() {
    return id;
  }

  String name() {
    return name;
  }

  FleetWorld world() {
    return world;
  }

  /** What the function is called in this process. */
  String nameOf(String function) {
    return world.nameRoll().nameIn(this, function);
  }

  EventLoop pool() {
    return pool;
  }

  Weather weather() {
    return weather;
  }

  Network network() {
    return network;
  }

  ProcessClock clock() {
    return clock;
  }

  Duration leaseTime() {
    return leaseTime;
  }

  Map<ShardKey, LeaseToken> tokens() {
    return tokens;
  }

  /** The number of the latest order of an operator before it was started. */
  long ordersAtStart() {
    return ordersAtStart;
  }

  FunctionRuntime.Running running() {
    return running;
  }

  Life life() {
    return life;
  }

  /** Asks the worker what it holds, and judges the answer when it comes. */
  void checkMemory() {
    var unused =
        running
            .status()
            .thenAccept(
                status -> {
                  if (status.bytesInFlight() > status.bytesInFlightMax()) {
                    world
                        .verdicts()
                        .broken(
                            Promise.MEMORY_IS_BOUNDED,
                            name
                                + " holds "
                                + status.bytesInFlight()
                                + " bytes of at most "
                                + status.bytesInFlightMax());
                  }
                });
  }

  /** Whether it takes part, or will as soon as it can. */
  boolean takesPart() {
    return life == Life.RUNNING && running.health().alive();
  }

  /** The process stands still; time goes on. */
  void pause() {
    tell("is paused");
    workerLoop.standStill();
    leaseLoop.standStill();
    pool.standStill();
  }

  /** The machine stands still with its clock, and the process cannot know. */
  void suspend() {
    pause();
    clock.suspend();
    trustedFrom = Long.MAX_VALUE;
  }

  void hangWorkerLoop() {
    tell("hangs in its worker loop");
    workerLoop.standStill();
  }

  void hangLeaseLoop() {
    tell("hangs in its lease loop");
    leaseLoop.standStill();
  }

  void goOn() {
    if (trustedFrom == Long.MAX_VALUE) {
      clock.resume();
      // By then its own clock has ended the lease, or a heartbeat has told what it missed.
      trustedFrom = world.loop().ticks() + leaseTime.toNanos();
    }
    tell("goes on");
    workerLoop.goOn();
    leaseLoop.goOn();
    pool.goOn();
  }

  void kill() {
    tell("is killed");
    life = Life.OVER;
    tokens.clear();
    workerLoop.end();
    leaseLoop.end();
    pool.end();
  }

  /** Leaves in order. */
  void leave() {
    tell("is asked to stop");
    life = Life.LEAVING;
    var unused =
        running
            .stop()
            .whenComplete(
                (done, thrown) -> {
                  if (life == Life.LEAVING) {
                    tell("has stopped");
                    kill();
                  }
                });
  }

  /** A function is called, at the last instruction before the user's code. */
  void begins(String function, Puts.Put put, long fencingToken) {
    var shard = whereItRuns(function, put);
    var what = function + " of record " + put.position().sequence() + " in " + name;
    tell(function + " begins " + put.position().sequence() + " in " + Names.of(put.shard()));
    boolean trusted = world.loop().ticks() >= trustedFrom;
    if (trusted) {
      var token = tokens.get(shard);
      if (token == null) {
        world
            .verdicts()
            .broken(Promise.NO_DELIVERY_WITHOUT_LEASE, what + " begins without any lease");
      } else {
        world.leases().delivery(shard, token, what);
      }
    }
    if (held.contains(new ProgressKey(shard, function))) {
      world
          .verdicts()
          .broken(Promise.OPERATORS_ARE_OBEYED, what + " begins while the function is held");
    }
    world.operator().begins(this, function, shard, put);
    world.observer().begins(put);
    world.progress().begins(function, shard);
    world.deliveries().began(function, put, fencingToken, trusted);
  }

  /**
   * The shard in which it lies; where the record was parked before, the first one that came of that
   * and that the function has not ended.
   */
  ShardKey whereItRuns(String function, Puts.Put put) {
    if (tokens.containsKey(put.shard())) {
      return put.shard();
    }
    return tokens.keySet().stream()
        .filter(shard -> shard.stream().equals(put.shard().stream()))
        .filter(shard -> world.feed(shard).puts().passes(put, shard.shard()))
        .filter(shard -> !world.progress().isEnded(function, shard))
        .min(Comparator.comparing(shard -> shard.shard().value()))
        .orElse(put.shard());
  }

  /** In production the loop would log it and go on, with something half done. */
  private void fault(Throwable thrown) {
    var stack = new StringBuilder(String.valueOf(thrown));
    Arrays.stream(thrown.getStackTrace())
        .limit(STACK_LINES_MAX)
        .forEach(line -> stack.append("\n    at ").append(line));
    world.verdicts().broken(Promise.NO_FAULT_INSIDE, "a task of " + name + " threw " + stack);
  }

  private void tell(String what) {
    world.trace().tell(name, what);
  }

  /** Hears what the worker tells its operator. */
  private final class Ear implements RuntimeListener {
    @Override
    public void on(Object whatHappened) {
      if (!(whatHappened instanceof WorkerEvent.Fetched fetched && fetched.records() == 0)) {
        tell(Telling.of(whatHappened));
      }
      if (whatHappened instanceof WorkerEvent event) {
        world.observer().told(SimulatedProcess.this, event);
      }
      if (whatHappened instanceof WorkerEvent.ShardStarted started) {
        tokens.put(started.shard(), started.token());
      } else if (whatHappened instanceof WorkerEvent.ShardStopped stopped) {
        tokens.remove(stopped.shard());
        held.removeIf(key -> key.shard().equals(stopped.shard()));
      } else if (whatHappened instanceof WorkerEvent.FunctionHeld rests) {
        held.add(new ProgressKey(rests.shard(), NameRoll.first(rests.function())));
      } else if (whatHappened instanceof WorkerEvent.FunctionResumed resumed) {
        held.remove(new ProgressKey(resumed.shard(), NameRoll.first(resumed.function())));
      } else if (whatHappened instanceof WorkerEvent.Settled settled) {
        settled(settled);
      } else if (whatHappened instanceof FunctionEvent.ParkedSettled settled) {
        settled(settled);
      } else if (whatHappened instanceof WorkerEvent.ShardFailed failed) {
        var token = tokens.get(failed.shard());
        if (token == null
            || !world.codecRoll().mayMeetNewer(SimulatedProcess.this, token, failed.cause())) {
          fault(failed.cause());
        }
      } else if (whatHappened instanceof WorkerEvent.CleanUpFailed failed) {
        fault(failed.cause());
      } else if (whatHappened instanceof WorkerEvent.GapFound gap
          && !world
              .feed(gap.shard())
              .puts()
              .isGap(gap.shard().shard(), gap.after(), gap.resumesAt())) {
        world
            .verdicts()
            .broken(
                Promise.NOTHING_PASSED_OVER, name + " sees a gap where nothing is lost: " + gap);
      }
    }

    private void settled(WorkerEvent.Settled settled) {
      var token = tokens.get(settled.shard());
      if (token == null) {
        world
            .verdicts()
            .broken(
                Promise.NO_DELIVERY_WITHOUT_LEASE,
                name + " settles " + settled.position() + " without a lease");
        return;
      }
      world
          .progress()
          .settled(NameRoll.first(settled.function()), settled.shard(), token, settled.position());
      if (settled.outcome() == Outcome.PARKED) {
        world.deliveries().parked(); // What becomes of it is told by the function.
        return;
      }
      if (settled.outcome() == Outcome.SKIPPED) {
        skipped(NameRoll.first(settled.function()), settled.shard(), settled.position());
        return;
      }
      world
          .deliveries()
          .settled(
              NameRoll.first(settled.function()),
              recordId(settled),
              settled.position(),
              settled.outcome(),
              settled.outcome() != Outcome.FILTERED);
    }

    private void settled(FunctionEvent.ParkedSettled settled) {
      if (settled.outcome() == Outcome.SKIPPED) {
        skipped(
            world.handler(settled.function(), settled.shard()),
            settled.shard(),
            settled.position());
        return;
      }
      world
          .deliveries()
          .settled(
              world.handler(settled.function(), settled.shard()),
              settled.id(),
              settled.position(),
              settled.outcome(),
              settled.outcome() != Outcome.FILTERED);
    }

    private void skipped(String function, ShardKey shard, Position position) {
      var put = world.feed(shard).puts().at(position);
      if (!world.operator().skips(function, shard, put)) {
        world
            .verdicts()
            .broken(
                Promise.NOTHING_PASSED_OVER,
                name + " skips " + position + ", and nobody has ordered that");
      }
      world.deliveries().skipped(function, position);
    }

    private String recordId(WorkerEvent.Settled settled) {
      return settled.shard().stream().name()
          + "/"
          + settled.shard().shard().value()
          + "/"
          + settled.position();
    }
  }

  /** Stands for all destinations. */
  private final class Tap implements OutputTap {
    @Override
    public void output(String function, @Nullable Side<?> side, String id, Object value) {
      refuseNowAndThen();
      world.deliveries().sent(NameRoll.first(function), id.substring(0, id.lastIndexOf('#')));
      var told = world.workload().told(value);
      world
          .outputs()
          .sent(NameRoll.first(function), id, told, told.isEmpty() ? "" : String.valueOf(value));
    }

    @Override
    public void deadLetter(DeadLetter letter) {
      refuseNowAndThen();
      world.deliveries().sent(NameRoll.first(letter.function()), letter.id());
    }

    private void refuseNowAndThen() {
      if (world.mood().sinkFails()) {
        throw new UncheckedIOException(new java.io.IOException("the sink is down"));
      }
    }
  }
}
