package io.headrace.harness.fleet;

import io.headrace.function.FunctionSpec;
import io.headrace.harness.fleet.SimulationReport.Failure;
import io.headrace.harness.fleet.SimulationReport.Planted;
import io.headrace.kcl.loop.BoundedPool;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Runs fleets of production workers under virtual time, with everything going wrong that a seed
 * draws: processes that are killed, paused, suspended with their clocks, started twice under one
 * id; requests that are lost, late, doubled, throttled; reads that are old; services that are down;
 * splits and merges; functions that fail, are slow or get stuck. After every event it is checked
 * that nothing is passed over, no position goes back, no key's records change their order, nobody
 * delivers without a lease and no child runs before its parents; and in the end, when all faults
 * are over, that everything that was put has been handled and committed, and every shard is run by
 * one worker.
 *
 * <pre>{@code
 * @Test void survives_whatever_happens_to_its_fleet() {
 *   var report = FleetSimulation.of(HotHostAlarm.spec(), random -> metric(random)).seeds(1, 50).run();
 *   assertThat(report.failures()).isEmpty();
 * }
 * }</pre>
 *
 * <p>The same seed takes the same course, so a seed that failed is run again, alone, until it is
 * understood: {@code docs/simulator.md} says how. A function must not block nor start threads, and
 * must draw nothing at random of its own.
 *
 * <p>Mutable until it is run; used by one thread, which {@link #run} blocks.
 */
public final class FleetSimulation {
  private static final int THREADS_MAX = 64;
  private static final int FAILURES_MAX = 20;

  /** Of so many seeds one is run twice, to see that it takes the same course. */
  private static final int REPEATED_EVERY = 10;

  /** Of so many seeds one has functions with timers and windows. */
  private static final int TIMED_EVERY = 3;

  /** Of so many seeds one has functions that are keyed across shards. */
  private static final int ACROSS_EVERY = 5;

  private final Workload workload;
  private final Workload timed;
  private final Workload across;
  private long firstSeed = 1;
  private int count = 100;
  private int threads = 1;
  private Consumer<String> progress = line -> {};

  private FleetSimulation(Workload workload, Workload timed, Workload across) {
    this.workload = workload;
    this.timed = timed;
    this.across = across;
  }

  /**
   * With functions of its own, which know for each record what should have come before it; every
   * third seed with timers and windows, every fifth with keys across shards.
   */
  public static FleetSimulation ofProbes() {
    return new FleetSimulation(new ProbeWorkload(), new TimedWorkload(), new AcrossWorkload());
  }

  /**
   * With a user's function, which reads one stream. Its outputs are dropped.
   *
   * @param values draws what is put, from the generator that it is given and nothing else
   */
  public static <I, O> FleetSimulation of(
      FunctionSpec<I, O> spec, Function<? super RandomGenerator, ? extends I> values) {
    return ofOwn(new OwnWorkload<I>(clock -> spec, values));
  }

  /**
   * As {@link #of(FunctionSpec, Function)}, for a function that takes a clock: that of its process,
   * which may run off or be set wrong.
   */
  public static <I, O> FleetSimulation of(
      Function<? super Clock, FunctionSpec<I, O>> specification,
      Function<? super RandomGenerator, ? extends I> values) {
    return ofOwn(new OwnWorkload<I>(specification, values));
  }

  private static FleetSimulation ofOwn(Workload own) {
    return new FleetSimulation(own, own, own);
  }

  /** Which seeds are run; 1 to 100 unless said. */
  public FleetSimulation seeds(long first, int count) {
    if (count < 1) {
      throw new IllegalArgumentException("count " + count + ": must be at least 1");
    }
    this.firstSeed = first;
    this.count = count;
    return this;
  }

  /** How many courses run at once, each on one thread; 1 unless said. */
  public FleetSimulation onThreads(int threads) {
    if (threads < 1 || threads > THREADS_MAX) {
      throw new IllegalArgumentException(
          "threads " + threads + ": must be between 1 and " + THREADS_MAX);
    }
    this.threads = threads;
    return this;
  }

  /**
   * Whom {@link #measure} tells what it is at, now and then, on the thread that runs it; nobody
   * unless said.
   */
  public FleetSimulation tellingProgress(Consumer<String> told) {
    this.progress = Objects.requireNonNull(told, "told");
    return this;
  }

  /**
   * Runs all seeds; it ends early when 20 have failed.
   *
   * @throws InterruptedException when the thread is interrupted; what runs is ended
   */
  public SimulationReport run() throws InterruptedException {
    var tally = new SimulationTally();
    var next = new AtomicLong();
    everywhere(
        () -> {
          for (long i = next.getAndIncrement(); i < count; i = next.getAndIncrement()) {
            if (tally.failures() >= FAILURES_MAX || Thread.currentThread().isInterrupted()) {
              return;
            }
            runOne(firstSeed + i, count == 1 || i % REPEATED_EVERY == 0, tally);
          }
        });
    return tally.report();
  }

  private void runOne(long seed, boolean twice, SimulationTally tally) {
    var chosen = chosen(seed);
    var result = FleetCourse.run(seed, chosen, Plant.NONE);
    tally.add(result);
    if (twice) {
      tally.compare(result, FleetCourse.run(seed, chosen, Plant.NONE));
    }
  }

  /** What is run with this seed. */
  Workload chosen(long seed) {
    if (seed % ACROSS_EVERY == 0) {
      return across;
    }
    return seed % TIMED_EVERY == 0 ? timed : workload;
  }

  /**
   * Builds each known mistake into the fleet, one after the other, and runs seeds until it is
   * noticed: what a simulation does not notice, it proves nothing about.
   *
   * @param seedsMax after so many seeds a mistake counts as not noticed
   */
  public List<Planted> runPlanted(int seedsMax) throws InterruptedException {
    var faults = PlantedFault.values();
    var found = new ArrayList<AtomicReference<@Nullable Planted>>();
    for (int i = 0; i < faults.length; i++) {
      found.add(new AtomicReference<>());
    }
    var next = new AtomicLong();
    everywhere(
        () -> {
          for (int i = (int) next.getAndIncrement();
              i < faults.length && !Thread.currentThread().isInterrupted();
              i = (int) next.getAndIncrement()) {
            found.get(i).set(hunt(faults[i], seedsMax));
          }
        });
    var all = new ArrayList<Planted>();
    for (var one : found) {
      var planted = one.get();
      if (planted != null) {
        all.add(planted);
      }
    }
    return all;
  }

  /**
   * Goes through the orders in which the messages of small parts of the lease protocol may come:
   * the burial of a worker that may not be dead, a hand-over, the end of a merge.
   *
   * @param protocol {@code burial}, {@code hand-over}, {@code take-back} or {@code merge-end};
   *     empty for all
   * @throws IllegalArgumentException when there is no such protocol
   */
  public List<ExplorationReport> runExhaustively(String protocol) throws InterruptedException {
    var chosen = Protocol.named(protocol);
    var reports = new ArrayList<AtomicReference<@Nullable ExplorationReport>>();
    chosen.forEach(one -> reports.add(new AtomicReference<>()));
    var next = new AtomicLong();
    everywhere(
        () -> {
          for (int i = (int) next.getAndIncrement();
              i < chosen.size();
              i = (int) next.getAndIncrement()) {
            var explorer = new Explorer(chosen.get(i), Plant.NONE, chosen.get(i).depthMax(), 1);
            reports.get(i).set(explorer.run(Thread.currentThread()::isInterrupted));
          }
        });
    var all = new ArrayList<ExplorationReport>();
    for (var one : reports) {
      var report = one.get();
      if (report != null) {
        all.add(report);
      }
    }
    return all;
  }

  /**
   * Measures a fleet on a good day against what it must reach: start, rest, join, stop, death,
   * rolling restarts, splits and merges.
   *
   * @param workers at least 3
   * @param shards at least 20
   */
  public FleetFigures measure(int workers, int shards) {
    if (workers < 3 || shards < 20) {
      throw new IllegalArgumentException(
          workers + " workers and " + shards + " shards: must be at least 3 and 20");
    }
    return new FleetMeasurement(firstSeed, workers, shards, progress).run();
  }

  /**
   * Measures a fleet with more workers than shards: what those cost that hold nothing, and how soon
   * one of them runs what a worker held that died or left.
   *
   * @param workers at least 2 more than shards
   */
  public FleetFigures measureStandbys(int workers, int shards) {
    if (shards < 1 || workers < shards + 2) {
      throw new IllegalArgumentException(
          workers + " workers and " + shards + " shards: must be 2 more than shards at least");
    }
    return new FleetMeasurement(firstSeed, workers, shards, progress).runStandbys();
  }

  private Planted hunt(PlantedFault fault, int seedsMax) {
    for (int i = 0; i < seedsMax; i++) {
      var result = fault.course(firstSeed + i, workload);
      var violation = result.violation();
      if (violation != null) {
        return new Planted(fault.id(), fault.what(), i + 1, Failure.of(result, violation));
      }
    }
    return new Planted(fault.id(), fault.what(), seedsMax, null);
  }

  /** Runs the task on all threads and waits for them; throws what one of them threw. */
  private void everywhere(Runnable task) throws InterruptedException {
    var done = new CountDownLatch(threads);
    var thrown = new AtomicReference<@Nullable Throwable>();
    try (var pool = new BoundedPool("headrace-simulation", threads, threads)) {
      for (int i = 0; i < threads; i++) {
        pool.execute(
            () -> {
              try {
                task.run();
              } catch (Throwable fault) {
                thrown.compareAndSet(null, fault);
              } finally {
                done.countDown();
              }
            });
      }
      done.await();
    }
    var fault = thrown.get();
    if (fault != null) {
      throw new IllegalStateException("the simulation itself failed: " + fault, fault);
    }
  }
}
