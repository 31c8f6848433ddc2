package io.headrace.function;

import io.headrace.checkpoint.Orders;
import io.headrace.checkpoint.state.StateCache;
import io.headrace.kcl.Directions;
import io.headrace.kcl.HandlerSpec;
import io.headrace.kcl.LeaseException;
import io.headrace.kcl.StreamException;
import io.headrace.kcl.Worker;
import io.headrace.kcl.WorkerEvent;
import io.headrace.kcl.WorkerStatus;
import io.headrace.kcl.loop.Stages;
import io.headrace.lease.HeartbeatCoordinator;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A runtime that runs: builds everything that a worker needs, in reading order, and takes it down
 * again. Any thread may call.
 */
final class RuntimeWorker implements FunctionRuntime.Running {
  private static final Logger LOG = LoggerFactory.getLogger(RuntimeWorker.class);

  /** A loop is stuck when it has not turned over for two lease times. */
  private static final int LOOKS_PER_LEASE_TIME = LoopWatch.MISSED_MAX / 2;

  /** Needs no memory to be set. */
  private static final String BROKEN = "the worker is broken; restart it";

  /** What a stop may take beyond its limit: last commits and farewell. */
  private static final Duration STOP_GRACE = Duration.ofSeconds(3);

  private final String application;
  private final Machinery machinery;
  private final Duration stopWithin;
  private final Connectors connectors;
  private final Outlets outlets;
  private final BroadcastReaders broadcasts;
  private final Map<String, FunctionHost<?, ?>> hosts = new LinkedHashMap<>();
  private final List<FunctionSpec<?, ?>> specs;
  private final Identities identities;
  private final StandingOrders orders;
  private final Operations operations;
  private final HeartbeatCoordinator coordinator;
  private final Worker worker;
  private final List<LoopWatch> watches;
  private final Listeners listeners;
  private final ObservedWorker look;

  private final Troubles troubles = new Troubles();
  private final SinkTroubles sinks = new SinkTroubles();
  private final StuckThreads.Tally stuck;
  private final ParkingTroubles parkings = new ParkingTroubles();

  private final AtomicInteger calls = new AtomicInteger();
  private final AtomicBoolean stopping = new AtomicBoolean();
  private final AtomicBoolean released = new AtomicBoolean();
  private final CompletableFuture<Void> stopped = new CompletableFuture<>();
  private Directions directions = StandingOrders.UNKNOWN;
  private volatile boolean ready;
  private volatile @Nullable String fatal;

  private RuntimeWorker(FunctionRuntime of, Machinery machinery) {
    this.application = of.application;
    this.machinery = machinery;
    this.stopWithin = of.stopWithin;
    this.stuck = new StuckThreads.Tally(of.stuckThreadsMax, this::tooManyStuck);
    listeners = new Listeners(of.listeners);
    connectors =
        new Connectors(
            of.application, of.connectors, machinery.workerLoop(), machinery.workerRandom());
    outlets =
        new Outlets(
            machinery.pool(),
            machinery.background(),
            connectors::sink,
            of.deadLetters,
            of.tap,
            of.letterConnectors);
    var assembly = new Assembly(of, machinery);
    var progress = assembly.progress();
    var environment =
        new Environment(
            of.application,
            machinery.pool(),
            machinery.background(),
            machinery.workerRandom(),
            outlets,
            assembly.chunks(),
            new StateCache(of.stateBytes),
            event -> {
              sinks.on(event);
              parkings.on(event);
              listeners.tell(event);
            },
            calls,
            this::orders,
            new LetterKeeping(progress, of.redaction),
            stuck,
            new Telemetry(of.logs(), of.observer),
            new Versions(),
            Broadcasts.NONE);
    specs = List.copyOf(of.specs);
    identities =
        new Identities(
            of.application,
            specs,
            progress.operator().functions(),
            machinery.workerLoop(),
            this::refused);
    broadcasts = new BroadcastReaders(of.specs, connectors, assembly.reader(environment));
    var handlers = new ArrayList<HandlerSpec>();
    for (var spec : of.specs) {
      var pool = machinery.poolOf(spec, of.poolThreads);
      var host =
          FunctionHost.open(
              spec.committingOutputsWithin(of.outputsWithin),
              environment.of(pool, broadcasts.of(spec)));
      hosts.put(spec.name(), host);
      handlers.addAll(assembly.handlers(host, connectors, progress, identities.known()));
    }
    var self = assembly.incarnation();
    coordinator = assembly.coordinator(self, connectors.opened());
    operations = assembly.operations(self, progress);
    worker =
        new Worker(
            assembly.settings(),
            handlers,
            coordinator,
            machinery.workerLoop(),
            machinery.workerRandom(),
            event -> {
              // There is one for each record, and nothing here depends on it.
              if (!(event instanceof WorkerEvent.Settled)) {
                watch(event);
              }
              listeners.tell(event);
            });
    orders =
        new StandingOrders(
            progress.operator(), Assembly.renamed(specs), machinery.workerLoop(), this::obey);
    var unused = identities.known().thenAccept(known -> obey(directions));
    machinery.faults().listen(this::broken);
    watches = watches(of.leaseSettings.leaseTime());
    look =
        new WorkerLook(
            of.application,
            WorkerLook.inputsOf(of.specs),
            machinery.workerLoop(),
            this,
            coordinator::size,
            connectors);
  }

  private Orders orders() {
    return orders.now();
  }

  /** On the worker loop, but for the first time. */
  private void obey(Directions given) {
    directions = given;
    worker.direct(identities.isKnown() ? given : StandingOrders.UNKNOWN);
    hosts.values().forEach(FunctionHost::ordersChanged);
  }

  /** Each loop looks after the other: who hangs can't say so. */
  private List<LoopWatch> watches(Duration leaseTime) {
    var every = leaseTime.dividedBy(LOOKS_PER_LEASE_TIME);
    return List.of(
        new LoopWatch(
            machinery.leaseLoop(),
            machinery.workerLoop(),
            every,
            () -> stuck(Machinery.WORKER_LOOP)),
        new LoopWatch(
            machinery.workerLoop(),
            machinery.leaseLoop(),
            every,
            () -> stuck(Machinery.LEASE_LOOP)));
  }

  static RuntimeWorker start(FunctionRuntime of) {
    Assembly.check(of);
    var threads = of.threads;
    var machinery = threads != null ? threads : Machinery.ofOwn(of.application, of.poolThreads);
    RuntimeWorker made;
    try {
      made = new RuntimeWorker(of, machinery);
    } catch (RuntimeException failed) {
      machinery.close();
      throw failed;
    }
    try {
      made.begin();
    } catch (RuntimeException failed) {
      made.release();
      throw failed;
    }
    return made;
  }

  @Override
  public Health health() {
    var reasons = new ArrayList<String>();
    var end = fatal;
    if (end != null) {
      reasons.add(end);
    } else if (stopping.get()) {
      reasons.add("the worker is stopping");
    } else if (!ready) {
      reasons.add("the worker has not joined its fleet yet");
    }
    reasons.addAll(troubles.sentences());
    reasons.addAll(sinks.sentences());
    reasons.addAll(stuck.sentences());
    reasons.addAll(parkings.sentences());
    broadcasts.sentences().forEach(reasons::add);
    for (var unread : new String[] {orders.trouble(), identities.trouble()}) {
      if (unread != null) {
        reasons.add(unread);
      }
    }
    outages().forEach(outage -> reasons.add(outage.sentence()));
    return new Health(end == null, ready && !stopping.get() && end == null, reasons);
  }

  @Override
  public int callsUnderWay() {
    return calls.get();
  }

  @Override
  public List<FunctionOutage> outages() {
    return hosts.values().stream().flatMap(host -> host.outage().stream()).toList();
  }

  @Override
  public CompletionStage<WorkerStatus> status() {
    return worker.status();
  }

  @Override
  public Optional<Object> stateOf(String function, String partitionKey, String key) {
    return host(function).stateOf(new StateKey(partitionKey, key));
  }

  @Override
  public List<KeptState> states(String function) {
    return host(function).states();
  }

  @Override
  public List<WakeUp> wakeUps(String function) {
    return host(function).wakeUps();
  }

  @Override
  public void advanceWatermark(String function, Instant to) {
    host(function).advanceWatermark(to);
  }

  /** By what the coordinator knows of the fleet. */
  private final class Versions implements StateVersions {
    /** By what handlers are called; asked with each state that is made. */
    private final Map<String, List<String>> formers = new ConcurrentHashMap<>();

    @Override
    public int toWrite(String function, int oldest, int newest) {
      int version = coordinator.versionToWrite(function, oldest, newest);
      for (var former : formersOf(function)) {
        version = Math.min(version, coordinator.versionToWrite(former, oldest, newest));
      }
      return version;
    }

    @Override
    public void found(String function, int version) {
      coordinator.versionFound(function, version);
      formersOf(function).forEach(former -> coordinator.versionFound(former, version));
    }

    /** Workers that still run under a former name take shards back. */
    private List<String> formersOf(String name) {
      var known = formers.get(name);
      return known != null ? known : formers.computeIfAbsent(name, this::findFormersOf);
    }

    private List<String> findFormersOf(String name) {
      var function = FunctionSpec.functionOf(name);
      var host = hosts.get(function);
      var part = name.substring(function.length());
      return host == null
          ? List.of()
          : host.spec().formers().stream().map(former -> former + part).toList();
    }
  }

  private FunctionHost<?, ?> host(String function) {
    var host = hosts.get(function);
    if (host == null) {
      throw new IllegalArgumentException(
          "function " + function + ": is not run here; there are " + hosts.keySet());
    }
    return host;
  }

  @Override
  public CompletionStage<Void> pause(String function, String reason) {
    return operations.pause(Operations.Target.of(function), reason).thenAccept(order -> {});
  }

  @Override
  public CompletionStage<Void> resume(String function, String reason) {
    return operations.resume(Operations.Target.of(function), reason).thenAccept(order -> {});
  }

  @Override
  public CompletionStage<Void> stop() {
    if (stopping.compareAndSet(false, true)) {
      var unused = worker.stop(stopWithin).whenComplete((done, thrown) -> release());
    }
    return stopped.minimalCompletionStage();
  }

  @Override
  public void crash() {
    stopping.set(true);
    worker.kill();
    if (machinery.isOwned()) {
      release();
    } else {
      machinery.workerLoop().execute(this::release);
    }
  }

  @Override
  public void close() {
    var unused = stop();
    if (!machinery.isOwned()) {
      return;
    }
    var limit = stopWithin.plus(STOP_GRACE);
    try {
      stopped.get(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException | ExecutionException late) {
      LOG.warn("the worker did not stop within {} and is ended", limit);
      release();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      release();
    }
  }

  /** A task of a loop threw: what it left undone nobody knows, so the worker can't go on. */
  private void broken(String loop, Throwable thrown) {
    fatal = BROKEN;
    LOG.error("a task of the {} failed: the worker leaves its fleet", loop, thrown);
    fatal =
        "a task of the "
            + loop
            + " failed with "
            + thrown
            + ": the worker has handed its shards over; restart it";
    var unused = stop();
  }

  /** They are lost to this process: their memory comes back with another one. */
  private void tooManyStuck(String sentence) {
    if (!stopping.get()) {
      fatal = sentence + ": the worker has handed its shards over; restart it";
      LOG.error("{}", fatal);
      var unused = stop();
    }
  }

  /** The loop may hang for ever: the leases are given back by the one that turns. */
  private void stuck(String loop) {
    fatal = "the " + loop + " hangs: the worker has given its shards up; restart it";
    LOG.error("{}", fatal);
    if (loop.equals(Machinery.WORKER_LOOP)) {
      var unused = coordinator.stop();
    }
    var unused = stop();
  }

  private void begin() {
    listeners.started(look);
    orders.hold();
    watches.forEach(LoopWatch::begin);
    broadcasts.begin();
    var unused =
        worker
            .start()
            .whenComplete(
                (done, thrown) -> {
                  if (thrown == null) {
                    ready = true;
                    rehearse();
                  } else if (!stopping.get()) {
                    refuse(thrown);
                  }
                });
    // Behind the first call of a stream: the table's comes beside it, from the lease loop.
    orders.begin();
    identities.begin();
  }

  /** On the worker loop: what is stored would be read as something that it is not. */
  private void refused(String sentence) {
    if (!stopping.get()) {
      fatal = "the worker can't start: " + sentence;
      LOG.error("{}", fatal);
      var unused = stop();
    }
  }

  /** While a worker that has just registered waits for others and has no shard yet. */
  private void rehearse() {
    if (machinery.isOwned()) {
      Rehearsal.begin(application);
    }
  }

  /** What the operator can mend is a sentence; only what nobody expected needs its trace. */
  private void refuse(Throwable thrown) {
    var cause = Stages.causeOf(thrown);
    boolean expected = cause instanceof StreamException || cause instanceof LeaseException;
    fatal = "the worker can't start: " + (expected ? cause.getMessage() : cause.toString());
    if (!expected) {
      LOG.error("the worker can't start", cause);
    }
  }

  /** On the worker loop. */
  private void watch(WorkerEvent event) {
    troubles.on(event);
    sinks.on(event);
    parkings.on(event);
    if (event instanceof WorkerEvent.OrdersGiven given) {
      orders.given(given.number());
    } else if (event instanceof WorkerEvent.FunctionHeld held) {
      tellHeld(held);
    } else if (event instanceof WorkerEvent.CleanUpFailed failed) {
      LOG.error(
          "function {}: clean-up of {} failed", failed.function(), failed.shard(), failed.cause());
    } else if (event instanceof WorkerEvent.Retired retired) {
      fatal = "the worker has left its fleet: " + retired.reason();
      var unused = stop();
    } else if (event instanceof WorkerEvent.ShardFailed failed) {
      var cause = failed.cause();
      LOG.error("function {} gave up shard {}", failed.function(), failed.shard(), cause);
      if (cause instanceof VirtualMachineError) {
        fatal = "the virtual machine failed with " + cause.getClass().getName() + "; restart it";
        // Nothing in this process can be relied upon: its other shards go to others, in order.
        var unused = stop();
      }
    }
  }

  private void tellHeld(WorkerEvent.FunctionHeld held) {
    orders
        .now()
        .holding(FunctionSpec.functionOf(held.function()), held.shard())
        .ifPresent(
            order -> LOG.info("function {} rests: order {}, {}", held, order.number(), order));
  }

  /** Closes what the worker used, once nobody uses it any more. */
  private void release() {
    if (released.compareAndSet(false, true)) {
      watches.forEach(LoopWatch::end);
      broadcasts.close();
      machinery.close();
      hosts.values().forEach(Machinery::closeQuietly);
      Machinery.closeQuietly(outlets);
      Machinery.closeQuietly(connectors);
      listeners.ended();
      stopped.complete(null);
    }
  }
}
