package io.headrace.bench.consumer;

import io.headrace.bench.rig.Checkout;
import io.headrace.bench.rig.ConsumerProgram;
import io.headrace.bench.rig.ConsumerSettings;
import io.headrace.bench.rig.ConsumerSettings.Measuring;
import io.headrace.bench.rig.Dialogue;
import io.headrace.bench.rig.ServerProcess;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;

/**
 * Starts consumers, each as a process and a new application; all keep leases and progress in one
 * DynamoDB Local, which ends with this. Confined to the thread of the benchmark.
 */
public final class Consumers implements AutoCloseable {
  /** The stream that they read where there is but one. */
  public static final String STREAM = "measured";

  /**
   * What a consumer is started for.
   *
   * @param warmRecords see {@link ConsumerSettings}, as of the others
   */
  public record Task(
      String stream, Measuring measuring, long warmRecords, long records, long check) {
    /** What is put while it runs, without a backlog before. */
    public static Task live(Measuring measuring) {
      return new Task(STREAM, measuring, 0, 0, 0);
    }
  }

  private static final Duration READY_MAX = Duration.ofSeconds(150);
  private static final Duration STOP_MAX = Duration.ofSeconds(5);

  private final KclProgram kcl;
  private final Path logs;
  private final ServerProcess dynamoDb;
  private int started;

  private Consumers(KclProgram kcl, Path logs, ServerProcess dynamoDb) {
    this.kcl = kcl;
    this.logs = logs;
    this.dynamoDb = dynamoDb;
  }

  /**
   * Starts DynamoDB Local.
   *
   * @param bench under whose name the logs lie
   */
  public static Consumers open(Checkout checkout, String bench) {
    int port = ServerProcess.freePort();
    Path logs = checkout.logs(bench);
    return new Consumers(
        new KclProgram(checkout.home()),
        logs,
        ServerProcess.start(DynamoDbServer.launch(port), port, logs.resolve("dynamodb.log")));
  }

  /** Builds the KCL's consumer where it is missing; answers the library's version. */
  public static String buildKcl(Checkout checkout) {
    KclProgram kcl = new KclProgram(checkout.home());
    kcl.build();
    return kcl.version();
  }

  /** Starts a consumer and waits until it reads. */
  public Dialogue start(Contestant contestant, URI kinesis, Task task) {
    ConsumerSettings settings =
        new ConsumerSettings(
            kinesis,
            dynamoDb.endpoint(),
            task.stream(),
            "bench-" + ++started,
            contestant.reading(),
            task.measuring(),
            task.warmRecords(),
            task.records(),
            task.check());
    Path log = logs.resolve(contestant.name().toLowerCase(Locale.ROOT) + ".log");
    return Dialogue.startUntil(
        ConsumerProgram.READY, READY_MAX, contestant.launch(kcl, settings), log, STOP_MAX);
  }

  @Override
  public void close() {
    dynamoDb.close();
  }
}
