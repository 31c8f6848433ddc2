package io.headrace.bench.outage;

import static io.headrace.bench.rig.LocalBuilder.local;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.headrace.bench.consumer.DynamoDbServer;
import io.headrace.bench.rig.Checkout;
import io.headrace.bench.rig.Dialogue;
import io.headrace.bench.rig.Launch;
import io.headrace.bench.rig.LoadClient;
import io.headrace.bench.rig.NotMeasured;
import io.headrace.bench.rig.OwnServer;
import io.headrace.bench.rig.Pause;
import io.headrace.bench.rig.ServerProcess;
import java.io.IOException;
import java.net.URI;
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
  private static final Duration START_MAX = Duration.ofSeconds(60);
  private static final Duration ANSWER_MAX = Duration.ofSeconds(60);
  private static final Duration STOP_MAX = Duration.ofSeconds(40);
  private static final Duration CATCH_UP_MAX = Duration.ofMinutes(15);
  private static final Duration WARM_MAX = Duration.ofMinutes(2);
  private static final int WARM_RECORDS = 5_000;
  private static final long LOOK_NANOS = 1_000_000_000;

  private final OutagePlan plan;
  private final Path folder;
  private final Path logs;
  private final Consumer<String> progress;
  private final ObjectMapper json = new ObjectMapper();
  private final List<Dialogue> workers = new ArrayList<>();
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
        AutoCloseableWorkers fleet = () -> workers.forEach(Dialogue::close)) {
      client.create(OutagePlan.STREAM);
      dependency.on();
      for (int number = 0; number < plan.workers(); number++) {
        workers.add(start(number, kinesis.endpoint(), tables.endpoint(), dependency.uri()));
      }
      awaitReady();
      return measured(client, dependency, dynamoDb);
    }
  }

  /** Closes without checked exceptions. */
  private interface AutoCloseableWorkers extends AutoCloseable {
    @Override
    void close();
  }

  private Dialogue start(int number, URI kinesis, URI dynamoDb, URI service) {
    Dialogue worker =
        Dialogue.start(
            Launch.ours(
                name(number),
                OutageWorker.class,
                List.of("-Xmx" + WORKER_HEAP_MEBIBYTES + "m"),
                List.of(
                    "kinesis=" + kinesis,
                    "dynamodb=" + dynamoDb,
                    "service=" + service,
                    "worker=" + name(number),
                    "folder=" + folder)),
            logs.resolve(name(number) + ".log"),
            STOP_MAX);
    worker.hear(START_MAX);
    return worker;
  }

  private static String name(int number) {
    return "worker-" + number;
  }

  private void awaitReady() {
    long end = System.nanoTime() + START_MAX.toNanos();
    while (!look(0).ready()) {
      if (System.nanoTime() > end) {
        throw new NotMeasured("not all workers took part within " + START_MAX.toSeconds() + " s");
      }
      Pause.millis(200);
    }
  }

  private Outcome measured(LoadClient client, Dependency dependency, DynamoDbAsyncClient dynamoDb)
      throws IOException {
    OutageLoad load = new OutageLoad(client);
    try (load) {
      load.start();
      double full = fullLoad(load);
      progress.accept("full load: %.0f records/s; the dependency goes off".formatted(full));
      dependency.off();
      long off = System.nanoTime();
      load.rate(full);
      Watch.Look atOff = look(load.stored());
      Watch.Look last = atOff;
      long nextLook = off;
      while (System.nanoTime() - off < plan.off().toNanos()) {
        nextLook += LOOK_NANOS;
        Pause.until(Math.min(nextLook, off + plan.off().toNanos()));
        last = look(load.stored());
        watch.whileOff(last, (System.nanoTime() - off) / 1e9);
      }
      double after = full * plan.after();
      load.rate(Math.max(1, after));
      dependency.on();
      long on = System.nanoTime();
      progress.accept("it is back; %,d records are behind".formatted(last.lag()));
      CatchUp caught = catchUp(load, on, after);
      load.close();
      Watch.Look end = awaitAll(load);
      boolean inOrder = stop();
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
          judge(load.numbers()));
    }
  }

  /** All run as fast as they can; answers what was handled a second in the second half. */
  private double fullLoad(OutageLoad load) {
    warm(load);
    long begun = System.nanoTime();
    long half = begun + plan.before().toNanos() / 2;
    Watch.Look first = look(load.stored());
    while (System.nanoTime() < half) {
      Pause.millis(200);
      first = look(load.stored());
      load.handled(first.handled());
    }
    long from = System.nanoTime();
    Watch.Look last = first;
    while (System.nanoTime() - begun < plan.before().toNanos()) {
      Pause.millis(200);
      last = look(load.stored());
      load.handled(last.handled());
    }
    double perSecond = (last.handled() - first.handled()) / ((System.nanoTime() - from) / 1e9);
    if (perSecond < 1) {
      throw new NotMeasured("nothing was handled before the dependency went off");
    }
    return perSecond;
  }

  /** In its first seconds a JVM interprets: what it handles then says nothing of full load. */
  private void warm(OutageLoad load) {
    long end = System.nanoTime() + WARM_MAX.toNanos();
    Watch.Look look = look(load.stored());
    while (look.handled() < WARM_RECORDS) {
      if (System.nanoTime() > end) {
        throw new NotMeasured(
            look.handled() + " records were handled in " + WARM_MAX.toSeconds() + " s");
      }
      Pause.millis(200);
      look = look(load.stored());
      load.handled(look.handled());
    }
  }

  /** What was seen until the lag was gone. */
  private record CatchUp(
      List<Course.Sample> samples, long lagAtMost, double noticedSeconds, double seconds) {}

  private CatchUp catchUp(OutageLoad load, long on, double putsPerSecond) {
    List<Course.Sample> samples = new ArrayList<>();
    long lagAtMost = 0;
    double noticed = -1;
    for (long next = on + LOOK_NANOS; ; next += LOOK_NANOS) {
      Pause.until(next);
      Watch.Look look = look(load.stored());
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

  private Watch.Look awaitAll(OutageLoad load) {
    long end = System.nanoTime() + START_MAX.toNanos();
    Watch.Look look = look(load.stored());
    while (look.lag() > 0 && System.nanoTime() < end) {
      Pause.millis(100);
      look = look(load.stored());
    }
    watch.see(look);
    return look;
  }

  /** What was stored is told first: what is handled meanwhile makes the lag less, never more. */
  private Watch.Look look(long stored) {
    List<JsonNode> answers = new ArrayList<>();
    for (Dialogue worker : workers) {
      try {
        answers.add(json.readTree(worker.ask(OutageWorker.STATUS, ANSWER_MAX)));
      } catch (JsonProcessingException e) {
        throw new NotMeasured("a worker's status is not JSON: " + e.getMessage(), e);
      }
    }
    return Watch.Look.of(stored, answers);
  }

  private boolean stop() {
    workers.forEach(Dialogue::close);
    return workers.stream().allMatch(worker -> worker.exitCode() == 0);
  }

  /** Letters in the table, as a plain reader finds them. */
  private static long lettersIn(DynamoDbAsyncClient dynamoDb) {
    return dynamoDb
        .scan(
            request ->
                request
                    .tableName(OutageWorker.TABLE)
                    .filterExpression("contains(pk, :letters)")
                    .expressionAttributeValues(Map.of(":letters", AttributeValue.fromS("!D!"))))
        .join()
        .count();
  }

  private OutageJudge.Verdict judge(int[] numbers) throws IOException {
    OutageJudge judge = new OutageJudge(numbers);
    for (int number = 0; number < plan.workers(); number++) {
      int worker = number;
      Journal.read(folder.resolve(name(number) + ".journal"), call -> judge.accept(worker, call));
    }
    return judge.verdict();
  }
}
