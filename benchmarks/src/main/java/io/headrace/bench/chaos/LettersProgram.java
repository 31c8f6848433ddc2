package io.headrace.bench.chaos;

import static io.headrace.bench.rig.LocalBuilder.local;

import io.headrace.bench.rig.Arguments;
import io.headrace.bench.rig.Dialogue;
import io.headrace.bench.rig.Figures;
import io.headrace.bench.rig.NotMeasured;
import io.headrace.bench.rig.Pause;
import io.headrace.checkpoint.dynamo.DynamoCheckpointStore;
import io.headrace.checkpoint.dynamo.DynamoChunkStore;
import io.headrace.function.DeadLetters;
import io.headrace.function.Event;
import io.headrace.function.FunctionRuntime;
import io.headrace.function.metrics.HeadraceMetrics;
import io.headrace.kcl.kinesis.KinesisConnector;
import io.headrace.kcl.kinesis.KinesisHttp;
import io.headrace.lease.dynamo.DynamoLeaseTable;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/**
 * A worker with functions whose records go to dead letters and whose keys are parked. Answers
 * {@code parked} with how many records are, by function; ends in order when its input ends.
 */
final class LettersProgram {
  static final String APPLICATION = "letters";
  static final String TABLE = "headrace";
  static final String PARKED = "parked";

  /** With this it ends when it can't go on. */
  static final int DEAD = 70;

  private static final int WATCH_MILLIS = 100;

  /** No queue: whatever is not a file or a stream is opened by the connector that is given. */
  private static final DeadLetters SINK =
      DeadLetters.inQueue(URI.create("http://127.0.0.1/000000000000/flaky"));

  private LettersProgram() {}

  /** Takes what {@link WitnessProgram} takes, and {@code seed}. */
  public static void main(String[] args) {
    try {
      run(Arguments.parse(Arrays.asList(args)));
      System.exit(0);
    } catch (Exception e) {
      System.out.println(Dialogue.ERROR + NotMeasured.because(e));
      System.exit(NotMeasured.EXIT_CODE);
    }
  }

  private static void run(Arguments arguments) throws Exception {
    KinesisAsyncClient kinesis =
        local(KinesisAsyncClient.builder(), arguments.uri("kinesis"))
            .httpClientBuilder(KinesisHttp.builder())
            .build();
    DynamoDbAsyncClient dynamoDb =
        local(DynamoDbAsyncClient.builder(), arguments.uri("dynamodb")).build();
    Path written = Path.of(arguments.text("diary"));
    Path letters = Path.of(arguments.text("letters"));
    String file = written.getFileName().toString();
    FlakySink sink =
        new FlakySink(
            letters.resolve("sink-" + file), arguments.number("seed") * 31 + file.hashCode());
    SimpleMeterRegistry meters = new SimpleMeterRegistry();
    Bug bug = new Bug(letters);
    try (Diary diary = new Diary(written);
        FunctionRuntime.Running running =
            runtime(arguments, kinesis, dynamoDb, diary, sink, meters, bug).start()) {
      System.out.println(WitnessProgram.STARTED);
      Thread watch = new Thread(() -> watch(running), "watch");
      watch.setDaemon(true);
      watch.start();
      answer(meters);
      diary.write("stopping", "tick", System.nanoTime(), "health", running.health().toString());
    } finally {
      kinesis.close();
      dynamoDb.close();
    }
  }

  /** As {@code headrace run} does: a worker that can't go on is for somebody to start anew. */
  private static void watch(FunctionRuntime.Running running) {
    while (running.health().alive()) {
      Pause.millis(WATCH_MILLIS);
    }
    System.err.println("it can't go on: " + running.health().reasons());
    running.close();
    Runtime.getRuntime().halt(DEAD);
  }

  private static FunctionRuntime runtime(
      Arguments arguments,
      KinesisAsyncClient kinesis,
      DynamoDbAsyncClient dynamoDb,
      Diary diary,
      FlakySink sink,
      MeterRegistry meters,
      Bug bug) {
    FunctionRuntime runtime =
        FunctionRuntime.named(APPLICATION)
            .workerId(arguments.text("worker"))
            .leaseTime(arguments.millis("lease"))
            .committingEvery(Duration.ofSeconds(1))
            .leasesIn(new DynamoLeaseTable(dynamoDb, TABLE))
            .checkpointsIn(
                new WitnessedStore(new DynamoCheckpointStore(dynamoDb, TABLE, APPLICATION), diary))
            .stateIn(new DynamoChunkStore(dynamoDb, TABLE, APPLICATION))
            .connecting(new KinesisConnector(kinesis))
            .connecting(asked -> asked.equals(SINK) ? Optional.of(sink) : Optional.empty())
            .deadLettersIn(SINK)
            .observedBy(HeadraceMetrics.in(meters));
    for (String name : Fate.FUNCTIONS) {
      runtime.run(
          LetterFunctions.spec(name, () -> (event, out) -> handle(name, event, diary, bug)));
    }
    return runtime;
  }

  private static void handle(String function, Event<String> event, Diary diary, Bug bug)
      throws Exception {
    long begun = System.nanoTime();
    bug.strike(function, event.value());
    diary.write(
        "done",
        "function",
        function,
        "record",
        event.value(),
        "shard",
        event.id().shard(),
        "sequence",
        event.id().sequence(),
        "begun",
        begun,
        "done",
        System.nanoTime());
  }

  private static void answer(MeterRegistry meters) throws IOException {
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      if (!line.equals(PARKED)) {
        throw new IllegalArgumentException("there is no command \"" + line + "\"");
      }
      double parked =
          meters.find("headrace.parked.records").gauges().stream().mapToDouble(Gauge::value).sum();
      System.out.println(Figures.json(Map.of(PARKED, (long) parked)));
    }
  }
}
