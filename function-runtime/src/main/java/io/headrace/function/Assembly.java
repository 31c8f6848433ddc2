package io.headrace.function;

import io.headrace.checkpoint.CheckpointStore;
import io.headrace.checkpoint.ChunkStore;
import io.headrace.checkpoint.PacedCheckpointStore;
import io.headrace.checkpoint.TrackingCheckpointer;
import io.headrace.kcl.BatchLimits;
import io.headrace.kcl.Checkpointer;
import io.headrace.kcl.HandlerSpec;
import io.headrace.kcl.Incarnation;
import io.headrace.kcl.LeaseToken;
import io.headrace.kcl.Shard;
import io.headrace.kcl.ShardHandler;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.ShardedStream;
import io.headrace.kcl.WorkerSettings;
import io.headrace.kcl.loop.Entropy;
import io.headrace.lease.Deployment;
import io.headrace.lease.HeartbeatCoordinator;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * What the options of a runtime mean for the parts of its worker, and which of them it can't do
 * without. Used by one thread, while a worker is built.
 */
final class Assembly {
  /** Two full batches of the largest size: what more lanes share. */
  private static final int BATCHED_IN_FLIGHT_MAX = 20_000;

  private final FunctionRuntime of;
  private final Machinery machinery;

  Assembly(FunctionRuntime of, Machinery machinery) {
    this.of = of;
    this.machinery = machinery;
  }

  /**
   * Looks for what is missing, before anything is made.
   *
   * @throws IllegalStateException that names the option
   */
  static void check(FunctionRuntime of) {
    if (of.specs.isEmpty()) {
      throw missing(of, "a function: run(...)");
    }
    for (var spec : of.specs) {
      boolean remembers = spec.inputs().stream().anyMatch(input -> input.deduplication() != null);
      boolean keeps = !spec.settings().broadcasts().isEmpty();
      if ((spec.isStateful() || remembers || keeps) && of.chunks == null) {
        throw missing(of, "a place for the state of function " + spec.name() + ": stateIn(...)");
      }
    }
    required(of, of.leases, "leasesIn");
    required(of, of.checkpoints, "checkpointsIn");
  }

  PacedCheckpointStore progress() {
    return new PacedCheckpointStore(
        required(of, of.checkpoints, "checkpointsIn"), machinery.workerLoop());
  }

  /** Functions without state need none; then no key is parked. */
  ChunkStore chunks() {
    return of.chunks != null ? of.chunks : Environment.NO_CHUNKS;
  }

  BroadcastReader.Worker reader(Environment environment) {
    return new BroadcastReader.Worker(
        of.application,
        machinery.workerLoop(),
        machinery.workerRandom(),
        machinery.pool(),
        environment.chunks(),
        environment.events());
  }

  /**
   * One for each stream that it reads.
   *
   * @param known completes when functions may run
   */
  <I, O> List<HandlerSpec> handlers(
      FunctionHost<I, O> host,
      Connectors connectors,
      CheckpointStore progress,
      CompletionStage<Void> known) {
    var spec = host.spec();
    var through =
        spec.throughStream()
            .map(
                stream ->
                    ThroughStages.open(
                        of.application,
                        host,
                        connectors.through(stream, spec, of.createsStreams),
                        connectors.sink(stream)));
    var made = new ArrayList<HandlerSpec>();
    for (var leg : spec.legs()) {
      boolean sends = leg instanceof Leg.Sending;
      made.add(
          new HandlerSpec(
              leg.handler(),
              connectors.open(leg.source()),
              sends ? ThroughStages.BATCH : handedOver(spec),
              sends ? ThroughStages.inFlight(spec) : inFlight(spec),
              factory(host, leg, through, connectors),
              behind(
                  known,
                  TrackingCheckpointer.factory(
                      progress,
                      leg.handler(),
                      spec.formerHandlers(leg.source().name()),
                      leg.start(),
                      spec.settings().committing().policy(of.policy),
                      machinery.workerLoop(),
                      machinery.workerRandom()))));
    }
    return made;
  }

  /** Nothing is stored of a function's beginning before it is known whether it may run. */
  private static Checkpointer.Factory behind(
      CompletionStage<Void> known, Checkpointer.Factory factory) {
    return new Checkpointer.Factory() {
      @Override
      public Checkpointer open(ShardKey key, Shard shard, LeaseToken token) {
        return factory.open(key, shard, token);
      }

      @Override
      public CompletionStage<Void> prepare() {
        return known.thenCompose(done -> factory.prepare());
      }
    };
  }

  /** Names that functions had, and which they have. */
  static Map<String, String> renamed(List<FunctionSpec<?, ?>> specs) {
    var names = new TreeMap<String, String>();
    specs.forEach(spec -> spec.formers().forEach(former -> names.put(former, spec.name())));
    return names;
  }

  private static <I, O> ShardHandler.Factory factory(
      FunctionHost<I, O> host,
      Leg<I> leg,
      Optional<ThroughStages<I, O>> through,
      Connectors connectors) {
    if (leg instanceof Leg.Whole<I> whole) {
      return host.handlers(whole.input());
    }
    var stages = through.orElseThrow();
    return leg instanceof Leg.Sending<I> sending
        ? stages.sending(sending.input(), connectors.open(sending.source()))
        : stages.receiving();
  }

  Incarnation incarnation() {
    var random = machinery.workerRandom();
    var id = of.workerId != null ? of.workerId : "worker-" + Entropy.name(random);
    return new Incarnation(id, Entropy.name(random));
  }

  HeartbeatCoordinator coordinator(Incarnation self, List<ShardedStream> streams) {
    return new HeartbeatCoordinator(
        required(of, of.leases, "leasesIn"),
        of.application,
        self,
        streams,
        of.leaseSettings,
        new Deployment(of.deployment, codecs()),
        machinery.leaseLoop(),
        machinery.leaseRandom());
  }

  Operations operations(Incarnation self, PacedCheckpointStore progress) {
    return new Operations(
        of.application,
        of.specs,
        required(of, of.leases, "leasesIn"),
        progress.operator(),
        machinery.workerLoop(),
        machinery.workerRandom(),
        "worker " + self.workerId());
  }

  WorkerSettings settings() {
    var usual = WorkerSettings.DEFAULT;
    return new WorkerSettings(
        of.memoryBytes,
        Math.min(usual.bytesPerShardMin(), of.memoryBytes),
        Math.min(usual.bytesPerFetchMax(), of.memoryBytes),
        usual.drainMax(),
        of.watch);
  }

  /** By Lambda's rules each lane waits for its own batch: records come as they are there. */
  private static BatchLimits handedOver(FunctionSpec<?, ?> spec) {
    var batch = spec.settings().batch();
    boolean lanesWait =
        spec.settings().delivery().mapping().isPresent()
            || (spec.kind() instanceof FunctionKind.Lambda<?, ?> lambda
                && lambda.handler().window().isEmpty());
    return lanesWait ? new BatchLimits(batch.recordsMax(), Duration.ZERO) : batch;
  }

  /** A batch function needs room for whole batches besides one that waits. */
  private static int inFlight(FunctionSpec<?, ?> spec) {
    var settings = spec.settings();
    int batches = 1 + settings.delivery().concurrentBatches();
    int room = Math.min(batches * settings.batch().recordsMax(), BATCHED_IN_FLIGHT_MAX);
    var kind = spec.kind();
    return kind instanceof FunctionKind.Batched || kind instanceof FunctionKind.Lambda
        ? Math.max(settings.inFlight(), room)
        : settings.inFlight();
  }

  /**
   * A codec reads the versions up to its own, and of what it keeps under a former name, too: those
   * that run under that take shards back.
   */
  private Map<String, Integer> codecs() {
    var newest = new TreeMap<String, Integer>();
    of.specs.forEach(
        spec ->
            spec.stateCodec()
                .ifPresent(
                    codec -> {
                      read(newest, spec, "", codec.version());
                      if (spec.throughStream().isPresent() && spec.isWindowed()) {
                        read(newest, spec, PartialSums.PART, PartialSums.VERSION);
                      }
                    }));
    return newest;
  }

  private static void read(
      Map<String, Integer> newest, FunctionSpec<?, ?> spec, String part, int version) {
    newest.put(spec.name() + part, version);
    spec.formers().forEach(former -> newest.put(former + part, version));
  }

  private static <T> T required(FunctionRuntime of, @Nullable T value, String option) {
    if (value == null) {
      throw missing(of, option + "(...)");
    }
    return value;
  }

  private static IllegalStateException missing(FunctionRuntime of, String what) {
    return new IllegalStateException("application " + of.application + " needs " + what);
  }
}
