package io.headrace.harness.fleet;

import io.headrace.checkpoint.CheckpointStore;
import io.headrace.checkpoint.ChunkStore;
import io.headrace.checkpoint.InMemoryCheckpointStore;
import io.headrace.checkpoint.InMemoryChunkStore;
import io.headrace.kcl.InMemoryStream;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StreamConnector;
import io.headrace.kcl.StreamSink;
import io.headrace.kcl.StreamSource;
import io.headrace.kcl.loop.SimulatedLoop;
import io.headrace.lease.InMemoryLeaseTable;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Everything in one simulated course: time, the services that processes share, the processes, and
 * the judges who see all of it. On the loop's thread only.
 */
final class FleetWorld {
  static final String APPLICATION = "fleet";
  private static final Duration MEMORY_LOOK = Duration.ofMillis(500);
  private static final int WELL_AFTER_LEASE_TIMES = 8;
  static final Instant BEGIN = Instant.parse("2026-01-01T00:00:00Z");

  private final SimulatedLoop loop;
  private final SplittableRandom random;
  private final FleetPlan plan;
  private final Workload workload;
  private final Plant plant;
  private final Trace trace;
  private final Verdicts verdicts;
  private final List<Feed> feeds = new ArrayList<>();
  private final List<Feed> inputs;
  private final Map<String, ThroughJudge> throughs = new LinkedHashMap<>();
  private final LeaseJudge leases;
  private final ProgressJudge progress;
  private final DeliveryJudge deliveries;
  private final OutputJudge outputs;
  private final SilenceJudge silence;
  private final WatchedTable table;
  private final CheckpointStore store;
  private final ChunkStore chunks = new InMemoryChunkStore();
  private final SimulatedOperator operator;
  private final FunctionMood mood;
  private final List<SimulatedProcess> processes = new ArrayList<>();
  private final Map<String, Integer> numbers = new HashMap<>();
  private final CodecRoll codecRoll = new CodecRoll();
  private final NameRoll nameRoll = new NameRoll();
  private FleetObserver observer = FleetObserver.NONE;
  private boolean calm;
  private boolean judged;
  private long calmSince;

  private final Network.@Nullable Layer networks;

  FleetWorld(long seed, FleetPlan plan, Workload workload, Plant plant, SplittableRandom random) {
    this(new SimulatedLoop(seed).startingAt(BEGIN), plan, workload, plant, random, null);
  }

  /**
   * @param networks lays the network of each process; null for one that goes by the weather
   */
  FleetWorld(
      SimulatedLoop loop,
      FleetPlan plan,
      Workload workload,
      Plant plant,
      SplittableRandom random,
      Network.@Nullable Layer networks) {
    this.loop = loop;
    this.plan = plan;
    this.workload = workload;
    this.plant = plant;
    this.random = random;
    this.networks = networks;
    trace = new Trace(loop);
    verdicts = new Verdicts(trace);
    var sources = workload.streams(plan);
    feeds.add(feed(sources.get(0), random.split()));
    leases = new LeaseJudge(verdicts, trace, loop::ticks);
    progress = new ProgressJudge(verdicts, trace, this::feed);
    leases.knowsWell(this::isWell);
    deliveries = new DeliveryJudge(verdicts, function -> feedOf(function).puts());
    outputs = new OutputJudge(verdicts, function -> workload.hasKnownOutputs(this, function));
    table = new WatchedTable(plant.table(new InMemoryLeaseTable()), loop, random.split(), leases);
    silence =
        new SilenceJudge(
            verdicts,
            this::feedOf,
            function -> workload.silence(function, plan),
            chunks,
            loop::now);
    store =
        new WatchedStore(
            plant.store(new InMemoryCheckpointStore(), chunks), progress, silence::written);
    operator = new SimulatedOperator(this, store.operator());
    mood = new FunctionMood(random.split());
    sources.stream().skip(1).forEach(source -> feeds.add(feed(source, random.split())));
    inputs = workload.inputs(plan).stream().map(source -> feed(source.name())).toList();
    for (var function : workload.throughs(plan)) {
      throughs.put(function, throughJudge(function));
    }
    checkMemory();
    loop.afterEachTask(
        () -> {
          trace.mix(loop.ticks());
          verdicts.check();
        });
  }

  private ThroughJudge throughJudge(String function) {
    return new ThroughJudge(
        verdicts,
        trace,
        function,
        inputs.get(0),
        feed(AcrossFunctions.throughOf(function).name()),
        put -> workload.keyOf(put, plan),
        () -> workload.hasKnownOutputs(this, function));
  }

  private void checkMemory() {
    living().forEach(SimulatedProcess::checkMemory);
    var unused = loop.schedule(MEMORY_LOOK, this::checkMemory);
  }

  /** Each start of an id runs the next deployment, as in a roll. */
  SimulatedProcess start(String id) {
    return start(id, "v" + (numbers.getOrDefault(id, 0) + 1));
  }

  SimulatedProcess start(String id, String deployment) {
    int number = numbers.merge(id, 1, Integer::sum);
    trace.tell("world", "starts process " + number + " of " + id);
    var process = new SimulatedProcess(this, id, number, deployment, random.split());
    processes.add(process);
    return process;
  }

  Network networkOf(SimulatedProcess process, SplittableRandom random) {
    return networks == null
        ? new WeatherNetwork(process.name(), loop, random, trace, process.weather())
        : networks.lay(process, random);
  }

  SimulatedLoop loop() {
    return loop;
  }

  FleetPlan plan() {
    return plan;
  }

  Workload workload() {
    return workload;
  }

  Plant plant() {
    return plant;
  }

  Trace trace() {
    return trace;
  }

  Verdicts verdicts() {
    return verdicts;
  }

  private Feed feed(StreamSource source, SplittableRandom random) {
    return Feed.of(new InMemoryStream(source.name(), plan.shards(), loop), random, loop::now);
  }

  List<Feed> feeds() {
    return feeds;
  }

  Feed feed(String stream) {
    return feeds.stream()
        .filter(feed -> feed.stream().name().equals(stream))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no stream " + stream));
  }

  Feed feed(ShardKey shard) {
    return feed(shard.stream().name());
  }

  /** Those into which the producer puts. */
  List<Feed> inputs() {
    return inputs;
  }

  /** What the first stage of a function is seen to carry on. */
  ThroughJudge through(String function) {
    return Objects.requireNonNull(throughs.get(function), function);
  }

  /** A function has put this into the stream that leads to its second stage. */
  Puts.Put carry(Feed feed, StreamSink.Entry entry) {
    var judge = throughs.values().stream().filter(each -> each.leadsTo(feed)).findFirst();
    return feed.puts()
        .put(
            entry.partitionKey(),
            entry.data(),
            ProbeRecord.Fate.CARRIED,
            put -> judge.orElseThrow().takes(put, entry.data()));
  }

  /** The name of the function, or of its stage that reads there, as judges know it. */
  String handler(String function, ShardKey shard) {
    return workload.handler(NameRoll.first(function), shard.stream());
  }

  /** What the function reads. */
  Feed feedOf(String function) {
    return feed(workload.streamOf(function, plan).name());
  }

  /** The first stream; the only one of a fleet that is measured or explored. */
  InMemoryStream stream() {
    return feeds.get(0).stream();
  }

  /** Of the first stream. */
  Listing listing() {
    return feeds.get(0).listing();
  }

  /** Of the first stream. */
  Puts puts() {
    return feeds.get(0).puts();
  }

  int openShards() {
    return feeds.stream().mapToInt(feed -> feed.stream().openShards().size()).sum();
  }

  LeaseJudge leases() {
    return leases;
  }

  ProgressJudge progress() {
    return progress;
  }

  DeliveryJudge deliveries() {
    return deliveries;
  }

  OutputJudge outputs() {
    return outputs;
  }

  /** Event time as the function's input and its commits have it. */
  EventTimes times(String function) {
    return silence.times(function);
  }

  SimulatedOperator operator() {
    return operator;
  }

  WatchedTable table() {
    return table;
  }

  CheckpointStore store() {
    return store;
  }

  ChunkStore chunks() {
    return chunks;
  }

  /** Of the fleets whose states have versions. */
  CodecRoll codecRoll() {
    return codecRoll;
  }

  NameRoll nameRoll() {
    return nameRoll;
  }

  FunctionMood mood() {
    return mood;
  }

  /** All faults are over, and what is to begin one does nothing. */
  void calm() {
    calm = true;
    calmSince = loop.ticks();
    mood.calm();
    codecRoll.end(this);
    living()
        .forEach(
            process -> {
              process.weather().clear();
              process.goOn();
            });
  }

  /** A standby is thought alive for 5 of its lease times. */
  private boolean isWell(String workerId) {
    long enough = plan.leaseTime().multipliedBy(WELL_AFTER_LEASE_TIMES).toNanos();
    return calm
        && loop.ticks() - calmSince > enough
        && active().stream().anyMatch(process -> process.id().equals(workerId));
  }

  void observedBy(FleetObserver observer) {
    this.observer = observer;
  }

  FleetObserver observer() {
    return observer;
  }

  /** All is over, and whoever is left is asked for its state. */
  void judge() {
    judged = true;
  }

  boolean isJudged() {
    return judged;
  }

  boolean isCalm() {
    return calm;
  }

  StreamConnector streamsThrough(Network network) {
    return new NetworkedStreams(this, workload.streams(plan).get(0).service(), network);
  }

  List<SimulatedProcess> processes() {
    return processes;
  }

  /** Those that have not ended, whether they can do anything or not. */
  List<SimulatedProcess> living() {
    return processes.stream()
        .filter(process -> process.life() != SimulatedProcess.Life.OVER)
        .toList();
  }

  /** Those that take leases, or will. */
  List<SimulatedProcess> active() {
    return processes.stream().filter(SimulatedProcess::takesPart).toList();
  }
}
