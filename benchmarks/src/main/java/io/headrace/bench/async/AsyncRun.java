package io.headrace.bench.async;

import io.headrace.bench.consumer.DynamoDbServer;
import io.headrace.bench.rig.Checkout;
import io.headrace.bench.rig.Dialogue;
import io.headrace.bench.rig.Figures;
import io.headrace.bench.rig.Launch;
import io.headrace.bench.rig.LoadClient;
import io.headrace.bench.rig.NotMeasured;
import io.headrace.bench.rig.OwnServer;
import io.headrace.bench.rig.Results;
import io.headrace.bench.rig.ServerProcess;
import io.headrace.bench.rig.Timetable;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/** Measures all ways in turn, and puts the records. Confined to the thread of the benchmark. */
final class AsyncRun {
  static final String STREAM = "orders";

  private static final int SERVER_HEAP_MEBIBYTES = 1024;
  private static final Duration READY_MAX = Duration.ofSeconds(150);
  private static final Duration STOP_MAX = Duration.ofSeconds(10);

  /** Longer than the worker itself waits for what has not come. */
  private static final Duration ANSWER_MAX = Duration.ofSeconds(90);

  private final AsyncPlan plan;
  private final Path logs;
  private final Consumer<String> progress;
  private final Results results = new Results();

  AsyncRun(AsyncPlan plan, Checkout checkout, Consumer<String> progress) {
    this.plan = plan;
    this.logs = checkout.logs("async");
    this.progress = progress;
  }

  Results run() {
    int port = ServerProcess.freePort();
    try (ServerProcess dynamoDb =
        ServerProcess.start(DynamoDbServer.launch(port), port, logs.resolve("dynamodb.log"))) {
      for (int round = 1; round <= plan.rounds(); round++) {
        for (Way way : plan.ways()) {
          int number = round;
          results.attempt(
              way.label() + ", round " + round, progress, () -> measure(number, way, dynamoDb));
        }
      }
    } catch (NotMeasured e) {
      results.failed("all ways", e);
    }
    return results;
  }

  private void measure(int round, Way way, ServerProcess dynamoDb) {
    if (!way.isAvailable()) {
      throw new NotMeasured(
          "this JDK (" + Runtime.version().feature() + ") has no virtual threads");
    }
    try (ServerProcess kinesis =
            OwnServer.start("off", SERVER_HEAP_MEBIBYTES, logs.resolve("kinesis.log"));
        LoadClient client = LoadClient.http1(kinesis.endpoint())) {
      client.create(STREAM);
      try (Dialogue worker = start(round, way, kinesis, dynamoDb)) {
        results.add(round, way.label(), null, measured(client, worker));
      }
    }
  }

  private Dialogue start(int round, Way way, ServerProcess kinesis, ServerProcess dynamoDb) {
    var launch =
        Launch.ours(
            way.label(),
            AsyncWorker.class,
            List.of("-Xmx512m"),
            List.of(
                "kinesis=" + kinesis.endpoint(),
                "dynamoDb=" + dynamoDb.endpoint(),
                "application=async-" + way.name().toLowerCase(Locale.ROOT) + "-" + round,
                "way=" + way));
    var log = logs.resolve("worker-" + way.name().toLowerCase(Locale.ROOT) + ".log");
    return Dialogue.startUntil(AsyncWorker.READY, READY_MAX, launch, log, STOP_MAX);
  }

  private Figures measured(LoadClient client, Dialogue worker) {
    Timetable timetable = new Timetable(client, STREAM);
    // Two young JVMs at full rate take both cores for their compilers, and stand still.
    Duration step = plan.warm().dividedBy(4);
    timetable.play(AsyncPlan.RATE / 10, step);
    timetable.play(AsyncPlan.RATE / 3, step);
    Timetable.Window warm = timetable.play(AsyncPlan.RATE, step.multipliedBy(2));
    worker.ask("window " + warm.number() + " " + warm.count(), ANSWER_MAX);
    Timetable.Window played = timetable.play(AsyncPlan.RATE, plan.measured());
    Figures figures =
        Figures.parse(worker.ask("window " + played.number() + " " + played.count(), ANSWER_MAX));
    timetable.requireAnswers();
    return figures
        .put("put", (double) played.count())
        .put("producer_late_p99_ms", played.lateMillis().percentile(99));
  }
}
