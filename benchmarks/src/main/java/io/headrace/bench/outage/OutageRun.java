package io.headrace.bench.outage;

import static io.headrace.bench.rig.LocalBuilder.local;

import io.headrace.bench.consumer.DynamoDbServer;
import io.headrace.bench.rig.Checkout;
import io.headrace.bench.rig.LoadClient;
import io.headrace.bench.rig.OwnServer;
import io.headrace.bench.rig.Pause;
import io.headrace.bench.rig.ServerProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * Runs a fleet at full load, takes away what its function depends on, gives it back, and waits
 * until all is handled. On the main thread.
 */
final class OutageRun {
  private static final int KINESIS_HEAP_MEBIBYTES = 3_072;
  private static final int WORKER_HEAP_MEBIBYTES = 256;
  private static final Duration CATCH_UP_MAX = Duration.ofMinutes(15);
  private static final long LOOK_NANOS = 1_000_000_000;

  private final OutagePlan plan;
  private final Path folder;
  private final Path logs;
  private final Consumer<String> progress;
  private final Watch watch = new Watch();

  /**
   * What came of it.
   *
   * @param fullPerSecond what was handled at full load before
   * @param putWhileOff records put while the dependency was off
   * @param handledWhileOff records handled then: those whose call had begun before
   * @param lagAtMost records behind, at the worst
   * @param noticedSeconds from when it was back until the last worker called the function again
   * @param caughtUpSeconds from when it was back until the lag was what it is without an outage
   * @param course from the former to the latter
   * @param letters by the workers' metrics and in the table
   */
  record Outcome(
      double fullPerSecond,
      double putsPerSecondAfter,
      long putWhileOff,
      long handledWhileOff,
      long lagAtMost,
      double noticedSeconds,
      double caughtUpSeconds,
      Course course,
      long letters,
      boolean stoppedInOrder,
      Watch watch,
      OutageJudge.Verdict verdict) {}

  OutageRun(OutagePlan plan, Checkout checkout, Path folder, Consumer<String> progress) {
    this.plan = plan;
    this.folder = folder;
    this.logs = checkout.logs("outage");
    this.progress = progress;
  }

  Outcome run() throws IOException {
    int port = ServerProcess.freePort();
    try (ServerProcess kinesis =
            OwnServer.start("off", KINESIS_HEAP_MEBIBYTES, logs.resolve("kinesis.log"));
        ServerProcess tables =
            ServerProcess.start(DynamoDbServer.launch(port), port, logs.resolve("dynamodb.log"));
        LoadClient client = LoadClient.http1(kinesis.endpoint());
        DynamoDbAsyncClient dynamoDb =
            local(DynamoDbAsyncClient.builder(), tables.endpoint()).build();
        Dependency dependency = new Dependency();
        LoadedWorkers fleet =
            new LoadedWorkers(
                new LoadedWorkers.Program(
                    OutageWorker.class,
                    WORKER_HEAP_MEBIBYTES,
                    List.of(
                        "kinesis=" + kinesis.endpoint(),
                        "dynamodb=" + tables.endpoint(),
                        "service=" + dependency.uri())),
                folder,
                logs)) {
      client.create(OutagePlan.STREAM);
      dependency.on();
      fleet.start(plan.workers());
      return measured(client, dependency, dynamoDb, fleet);
    }
  }

  private Outcome measured(
      LoadClient client, Dependency dependency, DynamoDbAsyncClient dynamoDb, LoadedWorkers fleet)
      throws IOException {
    OutageLoad load = new OutageLoad(client);
    try (load) {
      load.start();
      double full = fleet.fullLoad(load, plan.before()).handledPerSecond();
      progress.accept("full load: %.0f records/s; the dependency goes off".formatted(full));
      dependency.off();
      long off = System.nanoTime();
      load.rate(full);
      Watch.Look atOff = fleet.look(load.stored());
      Watch.Look last = atOff;
      long nextLook = off;
      while (System.nanoTime() - off < plan.off().toNanos()) {
        nextLook += LOOK_NANOS;
        Pause.until(Math.min(nextLook, off + plan.off().toNanos()));
        last = fleet.look(load.stored());
        watch.whileOff(last, (System.nanoTime() - off) / 1e9);
      }
      double after = full * plan.after();
      load.rate(Math.max(1, after));
      dependency.on();
      long on = System.nanoTime();
      progress.accept("it is back; %,d records are behind".formatted(last.lag()));
      CatchUp caught = catchUp(fleet, load, on, after);
      load.close();
      Watch.Look end = fleet.awaitAll(load, LoadedWorkers.START_MAX);
      watch.see(end);
      boolean inOrder = fleet.stop();
      return new Outcome(
          full,
          after,
          last.stored() - atOff.stored(),
          last.handled() - atOff.handled(),
          caught.lagAtMost(),
          caught.noticedSeconds(),
          caught.seconds(),
          new Course(caught.samples(), after),
          end.letters() + lettersIn(dynamoDb),
          inOrder,
          watch,
          fleet.judge(load.numbers()));
    }
  }

  /** What was seen until the lag was gone. */
  private record CatchUp(
      List<Course.Sample> samples, long lagAtMost, double noticedSeconds, double seconds) {}

  private CatchUp catchUp(LoadedWorkers fleet, OutageLoad load, long on, double putsPerSecond) {
    List<Course.Sample> samples = new ArrayList<>();
    long lagAtMost = 0;
    double noticed = -1;
    for (long next = on + LOOK_NANOS; ; next += LOOK_NANOS) {
      Pause.until(next);
      Watch.Look look = fleet.look(load.stored());
      watch.see(look);
      double seconds = (System.nanoTime() - on) / 1e9;
      lagAtMost = Math.max(lagAtMost, look.lag());
      if (noticed < 0 && look.unavailable().isEmpty()) {
        noticed = seconds;
      }
      if (noticed >= 0) {
        samples.add(new Course.Sample(seconds, look.lag(), look.age()));
      }
      if ((long) seconds % 10 == 0) {
        progress.accept(
            "%.0f s: %,d records behind, %.1f s".formatted(seconds, look.lag(), look.age()));
      }
      boolean over = seconds > CATCH_UP_MAX.toSeconds();
      if (over || (noticed >= 0 && Course.isCaughtUp(look.lag(), putsPerSecond))) {
        return new CatchUp(samples, lagAtMost, noticed, over ? -1 : seconds);
      }
    }
  }

  /** Letters in the table, as a plain reader finds them. */
  private static long lettersIn(DynamoDbAsyncClient dynamoDb) {
    return dynamoDb
        .scan(
            request ->
                request
                    .tableName(JournallingWorker.TABLE)
                    .filterExpression("contains(pk, :letters)")
                    .expressionAttributeValues(Map.of(":letters", AttributeValue.fromS("!D!"))))
        .join()
        .count();
  }
}
