package io.headrace.bench.outage;

import static io.headrace.bench.rig.LocalBuilder.local;

import io.headrace.bench.consumer.DynamoDbServer;
import io.headrace.bench.rig.Checkout;
import io.headrace.bench.rig.Figures;
import io.headrace.bench.rig.LoadClient;
import io.headrace.bench.rig.OpenShards;
import io.headrace.bench.rig.OwnServer;
import io.headrace.bench.rig.Pause;
import io.headrace.bench.rig.ServerProcess;
import io.headrace.bench.rig.ThrottlingProxy;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.stream.Stream;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.Select;

/**
 * Keeps a fleet at half of what it can handle, with what happens to fleets in the course of weeks,
 * and looks at one worker that is never replaced. On the main thread.
 */
final class SoakRun {
  static final String FILES = "files";
  static final String FILE_BYTES = "fileBytes";
  static final String TABLE_ITEMS = "tableItems";

  private static final int KINESIS_HEAP_MEBIBYTES = 3_072;
  private static final Duration LOOK_EVERY = Duration.ofSeconds(2);
  private static final int CENSUS_EVERY_LOOKS = 2;
  private static final Duration END_MAX = Duration.ofMinutes(3);
  private static final int LINES = 20;

  /** What happens, in turn. */
  enum Happening {
    DEPLOYMENT,
    SPLIT,
    TABLE_THROTTLED,
    OTHER_DEPLOYMENT,
    MERGE,
    STREAM_THROTTLED
  }

  private final SoakPlan plan;
  private final Path folder;
  private final Path logs;
  private final Consumer<String> progress;
  private final SplittableRandom random;
  private final Watch watch = new Watch();
  private final Map<Happening, Integer> happened = new EnumMap<>(Happening.class);
  private final Map<String, List<Trend.Point>> points = new LinkedHashMap<>();

  /**
   * What came of it.
   *
   * @param trends of the worker that is never replaced, and of files and items, by name
   * @param lagAtMost records behind, at the worst
   */
  record Outcome(
      double maxPerSecond,
      Map<Happening, Integer> happened,
      Map<String, Trend> trends,
      long lagAtMost,
      boolean stoppedInOrder,
      Watch watch,
      OutageJudge.Verdict verdict) {}

  SoakRun(SoakPlan plan, Checkout checkout, Path folder, Consumer<String> progress) {
    this.plan = plan;
    this.folder = folder;
    this.logs = checkout.logs("soak");
    this.progress = progress;
    this.random = new SplittableRandom(plan.seed());
  }

  Outcome run() throws IOException {
    int port = ServerProcess.freePort();
    try (ServerProcess kinesis =
            OwnServer.start("off", KINESIS_HEAP_MEBIBYTES, logs.resolve("kinesis.log"));
        ServerProcess tables =
            ServerProcess.start(DynamoDbServer.launch(port), port, logs.resolve("dynamodb.log"));
        LoadClient client = LoadClient.http1(kinesis.endpoint());
        ThrottlingProxy proxy = ThrottlingProxy.before(tables.endpoint());
        DynamoDbAsyncClient dynamoDb =
            local(DynamoDbAsyncClient.builder(), tables.endpoint()).build();
        LoadedWorkers fleet =
            new LoadedWorkers(
                OverloadRun.paced(kinesis.endpoint(), proxy.endpoint(), true), folder, logs)) {
      client.create(OutagePlan.STREAM);
      fleet.start(SoakPlan.WORKERS);
      OutageLoad load = new OutageLoad(client);
      try (load) {
        load.start();
        double most = fleet.fullLoad(load, plan.before()).handledPerSecond();
        load.rate(SoakPlan.LOAD * most);
        progress.accept("the most is %.0f records/s; half of it from now on".formatted(most));
        Services services = new Services(client, kinesis.endpoint(), proxy, dynamoDb);
        long lagAtMost = soak(fleet, load, services);
        load.close();
        watch.see(fleet.awaitAll(load, END_MAX));
        Map<String, Trend> trends = new LinkedHashMap<>();
        points.forEach((name, those) -> trends.put(name, new Trend(those)));
        return new Outcome(
            most, happened, trends, lagAtMost, fleet.stop(), watch, fleet.judge(load.numbers()));
      }
    }
  }

  /** What things happen to beside workers. */
  private record Services(
      LoadClient client, URI stream, ThrottlingProxy proxy, DynamoDbAsyncClient dynamoDb) {}

  private long soak(LoadedWorkers fleet, OutageLoad load, Services services) {
    long begun = System.nanoTime();
    long end = begun + plan.time().toNanos();
    long nextHappening = begun + plan.every().toNanos();
    long nextLine = begun;
    long lagAtMost = 0;
    int happenings = 0;
    for (int looks = 0; System.nanoTime() < end; looks++) {
      Watch.Look look = fleet.look(load.stored());
      watch.see(look);
      lagAtMost = Math.max(lagAtMost, look.lag());
      double seconds = (System.nanoTime() - begun) / 1e9;
      if (looks % CENSUS_EVERY_LOOKS == 0) {
        census(fleet, services, seconds);
      }
      if (System.nanoTime() > nextLine) {
        progress.accept("%.0f s: %,d records behind".formatted(seconds, look.lag()));
        nextLine += plan.time().toNanos() / LINES;
      }
      if (System.nanoTime() > nextHappening) {
        Happening[] all = Happening.values();
        happen(all[happenings++ % all.length], fleet, services);
        nextHappening += plan.every().toNanos();
      }
      Pause.millis(LOOK_EVERY.toMillis());
    }
    return lagAtMost;
  }

  private void happen(Happening happening, LoadedWorkers fleet, Services services) {
    happened.merge(happening, 1, Integer::sum);
    OpenShards shards = new OpenShards(services.client(), OutagePlan.STREAM);
    switch (happening) {
      case DEPLOYMENT -> fleet.replace(1);
      case OTHER_DEPLOYMENT -> fleet.replace(2);
      case SPLIT -> {
        if (shards.count() < SoakPlan.OPEN_SHARDS_MAX) {
          shards.splitWidest(random);
        }
      }
      case MERGE -> shards.mergeNarrowest(random);
      case TABLE_THROTTLED -> {
        services.proxy().refuse(OverloadPlan.REFUSED);
        Pause.millis(SoakPlan.FAULT.toMillis());
        services.proxy().refuse(0);
      }
      case STREAM_THROTTLED -> {
        OwnServer.faults(services.stream(), OverloadRun.NO_READS);
        Pause.millis(SoakPlan.FAULT.toMillis());
        OwnServer.faults(services.stream(), "[]");
      }
    }
  }

  private void census(LoadedWorkers fleet, Services services, double seconds) {
    Figures figures = fleet.census(0);
    addFiles(figures);
    figures.put(TABLE_ITEMS, items(services.dynamoDb()));
    figures
        .byName()
        .forEach(
            (name, value) ->
                points
                    .computeIfAbsent(name, absent -> new ArrayList<>())
                    .add(new Trend.Point(seconds, value)));
  }

  /** What workers left on disk: all but the journals, which are the benchmark's. */
  private void addFiles(Figures figures) {
    try (Stream<Path> all = Files.walk(folder)) {
      List<Path> files =
          all.filter(Files::isRegularFile)
              .filter(file -> !file.toString().endsWith(Journal.FILE))
              .toList();
      long bytes = 0;
      for (Path file : files) {
        bytes += Files.size(file);
      }
      figures.put(FILES, files.size()).put(FILE_BYTES, (double) bytes);
    } catch (UncheckedIOException | IOException e) {
      // A file went while the others were looked at: the next look has all of them.
    }
  }

  private static double items(DynamoDbAsyncClient dynamoDb) {
    LongAdder items = new LongAdder();
    dynamoDb
        .scanPaginator(r -> r.tableName(JournallingWorker.TABLE).select(Select.COUNT))
        .subscribe(page -> items.add(page.count()))
        .join();
    return (double) items.sum();
  }
}
