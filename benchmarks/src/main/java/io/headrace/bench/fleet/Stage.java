package io.headrace.bench.fleet;

import io.headrace.bench.consumer.DynamoDbServer;
import io.headrace.bench.consumer.KclProgram;
import io.headrace.bench.rig.Launch;
import io.headrace.bench.rig.LoadClient;
import io.headrace.bench.rig.LocalBuilder;
import io.headrace.bench.rig.MemberSettings;
import io.headrace.bench.rig.MemberSettings.Reading;
import io.headrace.bench.rig.NotMeasured;
import io.headrace.bench.rig.OwnServer;
import io.headrace.bench.rig.Pause;
import io.headrace.bench.rig.ServerProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * All that one run of a scenario needs: a Kinesis and a DynamoDB of its own, a stream, a load, and
 * the workers of one side. Closing it ends them all. Confined to the thread of the benchmark.
 */
final class Stage implements AutoCloseable {
  static final String STREAM = "measured";
  private static final String APPLICATION = "measured-fleet";

  /** Who is served before the start of another is measured. */
  private static final String FORERUNNER = "forerunner";

  /** All workers have these: a fleet of ten shares a laptop with its servers. */
  static final List<String> OPTIONS =
      List.of("-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1");

  /** Kinesis holds its clients to the service's limits. */
  static final String LIMITS = "on";

  private static final int SERVER_HEAP_MEBIBYTES = 768;
  private static final Duration ACTIVE_MAX = Duration.ofSeconds(20);
  private static final Duration SETUP_MAX = Duration.ofMinutes(1);
  private static final Duration READY_MAX = Duration.ofSeconds(90);
  private static final Duration SERVED = Duration.ofSeconds(10);

  /** What is measured is read off ticks afterwards: how often is looked does not matter to it. */
  private static final int LOOK_MILLIS = 500;

  private final Side side;
  private final Scenario scenario;
  private final KclProgram kcl;
  private final Path logs;
  private final Consumer<String> progress;
  private final Random random;
  private final ServerProcess kinesis;
  private final ServerProcess dynamoDb;
  private final LoadClient client;
  private final Map<String, FleetMember> members = new LinkedHashMap<>();
  private final List<String> shards = new ArrayList<>();
  private @Nullable FleetLoad load;
  private String deployment = "v1";
  private int started;

  private Stage(
      Side side,
      Scenario scenario,
      int run,
      KclProgram kcl,
      Path logs,
      Consumer<String> progress,
      ServerProcess kinesis,
      ServerProcess dynamoDb) {
    this.side = side;
    this.scenario = scenario;
    this.kcl = kcl;
    this.logs = logs;
    this.progress = progress;
    this.random = new Random(run);
    this.kinesis = kinesis;
    this.dynamoDb = dynamoDb;
    this.client = LoadClient.http1(kinesis.endpoint());
  }

  /** Starts the servers and makes the stream. */
  static Stage open(
      Side side, Scenario scenario, int run, KclProgram kcl, Path logs, Consumer<String> progress) {
    ServerProcess kinesis =
        OwnServer.start(LIMITS, SERVER_HEAP_MEBIBYTES, logs.resolve("kinesis.log"));
    Stage stage = null;
    try {
      int port = ServerProcess.freePort();
      stage =
          new Stage(
              side,
              scenario,
              run,
              kcl,
              logs,
              progress,
              kinesis,
              ServerProcess.start(DynamoDbServer.launch(port), port, logs.resolve("dynamodb.log")));
      stage.createStream(STREAM);
      return stage;
    } catch (NotMeasured e) {
      if (stage == null) {
        kinesis.close();
      } else {
        stage.close();
      }
      throw e;
    }
  }

  private void createStream(String name) {
    client
        .sdk()
        .createStream(request -> request.streamName(name).shardCount(scenario.shards()))
        .join();
    requireWithin(
        ACTIVE_MAX,
        () ->
            client
                .sdk()
                .describeStreamSummary(request -> request.streamName(name))
                .join()
                .streamDescriptionSummary()
                .streamStatusAsString()
                .equals("ACTIVE"),
        "the stream was not active");
  }

  Side side() {
    return side;
  }

  LoadClient client() {
    return client;
  }

  /** Starts the load that the scenario has. */
  FleetLoad load() {
    FleetLoad now = load;
    if (now == null) {
      now = FleetLoad.start(client, STREAM, scenario.shards(), scenario.loadPeriod());
      load = now;
    }
    return now;
  }

  /** Makes the table, without anything of the application in it. */
  void makeTable() {
    if (side.isKcl()) {
      setUp(List.of());
      return;
    }
    try (DynamoDbAsyncClient table = dynamoDb()) {
      HeadraceMember.leaseTable(table, APPLICATION).prepare().toCompletableFuture().join();
    }
  }

  /**
   * Has the servers serve a start of another application with a stream and a table of its own, one
   * of ours whichever side is measured, and ends it: a service's code is not cold when a worker
   * starts, and that of servers as fresh as the worker takes most of both cores.
   */
  void warmServers() {
    createStream(FORERUNNER);
    Launch launch =
        Launch.ours(
            FORERUNNER,
            HeadraceMember.class,
            OPTIONS,
            settings(FORERUNNER, FORERUNNER, FORERUNNER).command());
    try (FleetLoad before =
            FleetLoad.start(client, FORERUNNER, scenario.shards(), scenario.loadPeriod());
        FleetMember worker = FleetMember.start(FORERUNNER, launch, logs)) {
      awaitReady(worker);
      requireWithin(
          READY_MAX,
          () ->
              worker.deliveries().stream().map(Delivery::shard).distinct().count()
                  == scenario.shards(),
          "not all shards were read before the start");
      Pause.millis(SERVED.toMillis());
      before.requirePuts();
      worker.command("stop");
      if (!worker.ended(READY_MAX)) {
        throw new NotMeasured("the worker before the measured one does not end");
      }
    }
  }

  /**
   * Starts the first workers under load and waits until all shards are read and the workers are
   * level, and then until the fleet is in its stride, at another point of its timers in each run.
   */
  List<FleetMember> fleet(int workers) {
    List<String> names = IntStream.range(0, workers).mapToObj(i -> "w" + (i + 1)).toList();
    if (side.isKcl()) {
      setUp(names);
    }
    load();
    // Of two workers of the KCL that start a new application together, one may never come up.
    List<FleetMember> fleet = new ArrayList<>();
    for (int i = 0; i < workers; i++) {
      fleet.add(member());
      if (i == 0) {
        awaitReady(fleet.get(0));
      }
    }
    fleet.forEach(this::awaitReady);
    awaitLevel();
    calm();
    return fleet;
  }

  /** Waits until the fleet is in its stride, and then for a part of its longest timer. */
  void calm() {
    Pause.millis(side.calm().toMillis());
    Pause.millis((long) (random.nextDouble() * side.period().toMillis()));
    awaitLevel();
  }

  /** Names what is deployed from now on. */
  void deploy(String deployment) {
    this.deployment = deployment;
  }

  /** Starts one more worker, under a new name, and returns at once. */
  FleetMember member() {
    String name = "w" + ++started;
    Launch launch =
        side.isKcl()
            ? kcl.launch(name, "KclMember", OPTIONS, settings(name).command())
            : Launch.ours(name, HeadraceMember.class, OPTIONS, settings(name).command());
    FleetMember member = FleetMember.start(name, launch, logs);
    members.put(name, member);
    return member;
  }

  void awaitReady(FleetMember member) {
    member.await("ready", member.startTick(), READY_MAX);
  }

  /** Tells a worker to leave in order, and answers at which tick. */
  long stop(FleetMember member) {
    long tick = System.nanoTime();
    member.command("stop");
    return tick;
  }

  /** The workers that have not ended. */
  Set<String> living() {
    return members.values().stream()
        .filter(FleetMember::isAlive)
        .map(FleetMember::name)
        .collect(Collectors.toSet());
  }

  /** The worker that has a name. */
  FleetMember member(String name) {
    return Objects.requireNonNull(members.get(name), name);
  }

  /** Who handled the last record of the first shard. */
  FleetMember ownerOfFirst() {
    String shard = openShards().get(0);
    String owner = course().owners(System.nanoTime()).get(shard);
    if (owner == null) {
      throw new NotMeasured("nothing was read of " + shard);
    }
    return member(owner);
  }

  /** What was handled so far. */
  Course course() {
    List<Delivery> all = new ArrayList<>();
    members.values().forEach(member -> all.addAll(member.deliveries()));
    return new Course(all);
  }

  /** Whether every open shard is read by a living worker just now. */
  boolean flows() {
    if (load != null) {
      load.requirePuts();
    }
    long now = System.nanoTime();
    Course course = course();
    Set<String> living = living();
    Map<String, String> owners = course.owners(now);
    return openShards().stream()
        .allMatch(
            shard ->
                living.contains(owners.getOrDefault(shard, ""))
                    && now - course.last(shard).orElse(0) < side.still().toNanos());
  }

  /** How many open shards are not read just now. */
  double stuck() {
    long now = System.nanoTime();
    Course course = course();
    return openShards().stream()
        .filter(shard -> now - course.last(shard).orElse(0) >= side.still().toNanos())
        .count();
  }

  private boolean level() {
    return flows() && course().only(openShards()).spread(living(), System.nanoTime()) <= 1;
  }

  /**
   * A large fleet of the KCL takes many minutes to be level; then it is enough that all is read.
   */
  private void awaitLevel() {
    if (!side.isKcl()) {
      requireWithin(side.patience(), this::level, "the fleet was not level");
    } else if (!within(side.patience(), this::level)) {
      say("not level: " + course().held(living(), System.nanoTime()));
      requireWithin(side.patience(), this::flows, "not all shards were read");
    }
  }

  /** The shards that are open. */
  List<String> openShards() {
    if (scenario.reshards()) {
      return listOpen();
    }
    if (shards.isEmpty()) {
      shards.addAll(listOpen());
    }
    return shards;
  }

  private List<String> listOpen() {
    return client.sdk().listShards(request -> request.streamName(STREAM)).join().shards().stream()
        .filter(shard -> shard.sequenceNumberRange().endingSequenceNumber() == null)
        .map(shard -> shard.shardId())
        .sorted()
        .toList();
  }

  /** Which worker the KCL's table names as the leader; of ours, which has none, the first. */
  FleetMember leader() {
    if (!side.isKcl()) {
      return members.values().iterator().next();
    }
    try (DynamoDbAsyncClient table = dynamoDb()) {
      AttributeValue owner =
          table
              .getItem(
                  request ->
                      request
                          .tableName(APPLICATION)
                          .key(Map.of("leaseKey", AttributeValue.fromS("Leader")))
                          .consistentRead(true))
              .join()
              .item()
              .get("ownerName");
      FleetMember leader = owner == null ? null : members.get(owner.s());
      if (leader == null) {
        throw new NotMeasured("no worker of the KCL leads");
      }
      return leader;
    }
  }

  /** Waits until it is so, or until a time has passed. */
  boolean within(Duration max, BooleanSupplier what) {
    long end = System.nanoTime() + max.toNanos();
    while (!what.getAsBoolean()) {
      if (System.nanoTime() > end) {
        return false;
      }
      Pause.millis(LOOK_MILLIS);
    }
    return true;
  }

  void say(String what) {
    progress.accept("  " + what);
  }

  private void requireWithin(Duration max, BooleanSupplier what, String otherwise) {
    if (!within(max, what)) {
      throw new NotMeasured(
          otherwise
              + " within "
              + max.toSeconds()
              + " s; living: "
              + living()
              + ", held: "
              + course().held(living(), System.nanoTime()));
    }
  }

  private MemberSettings settings(String worker) {
    return settings(STREAM, APPLICATION, worker);
  }

  private MemberSettings settings(String stream, String application, String worker) {
    return new MemberSettings(
        kinesis.endpoint(),
        dynamoDb.endpoint(),
        stream,
        application,
        worker,
        deployment,
        scenario.fanOut() ? Reading.FAN_OUT : Reading.POLLING,
        side.isTuned());
  }

  private void setUp(List<String> owners) {
    List<String> arguments = new ArrayList<>(settings("setup").command());
    arguments.add("owners=" + String.join(",", owners));
    Launch launch = kcl.launch("the table of the KCL", "KclTable", OPTIONS, arguments);
    Path log = logs.resolve("table.log");
    try {
      Process process =
          new ProcessBuilder(launch.command())
              .directory(launch.folder().toFile())
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .start();
      try {
        if (!process.waitFor(SETUP_MAX.toSeconds(), TimeUnit.SECONDS) || process.exitValue() != 0) {
          throw new NotMeasured("the table of the KCL could not be made; why is in " + log);
        }
      } finally {
        process.destroyForcibly();
      }
    } catch (IOException e) {
      throw new NotMeasured("the table of the KCL can't be made: " + e, e);
    } catch (InterruptedException e) {
      throw new NotMeasured("the run was interrupted", e);
    }
  }

  private DynamoDbAsyncClient dynamoDb() {
    return LocalBuilder.local(DynamoDbAsyncClient.builder(), dynamoDb.endpoint()).build();
  }

  @Override
  public void close() {
    if (load != null) {
      load.close();
    }
    members.values().forEach(FleetMember::kill);
    members.values().forEach(FleetMember::close);
    client.close();
    try (kinesis) {
      dynamoDb.close();
    }
  }

  @Override
  public String toString() {
    return scenario.name().toLowerCase(Locale.ROOT) + ", " + side.label();
  }
}
