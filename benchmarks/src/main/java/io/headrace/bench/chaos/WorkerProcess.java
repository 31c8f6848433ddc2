package io.headrace.bench.chaos;

import static io.headrace.bench.rig.LocalBuilder.local;

import io.headrace.bench.consumer.PreparedKinesis;
import io.headrace.bench.rig.Arguments;
import io.headrace.bench.rig.Dialogue;
import io.headrace.bench.rig.NotMeasured;
import io.headrace.bench.rig.Pause;
import io.headrace.checkpoint.dynamo.DynamoCheckpointStore;
import io.headrace.checkpoint.dynamo.DynamoChunkStore;
import io.headrace.function.FunctionRuntime;
import io.headrace.kcl.kinesis.KinesisConnector;
import io.headrace.lease.dynamo.DynamoLeaseTable;
import java.nio.file.Path;
import java.util.Arrays;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/**
 * What worker processes have in common: what they are told, and that they run as {@code headrace
 * run} does, but for what is written down.
 */
final class WorkerProcess implements AutoCloseable {
  /** What is printed once the worker runs. */
  static final String STARTED = "started";

  /** With this it ends when it can't go on. */
  private static final int DEAD = 70;

  static final String TABLE = "headrace";
  private static final int WATCH_MILLIS = 100;

  /** What a program does, from its start to the end of its input. */
  interface Body {
    void run(WorkerProcess process) throws Exception;
  }

  private final Arguments arguments;
  private final KinesisAsyncClient kinesis;
  private final DynamoDbAsyncClient dynamoDb;
  private final Diary diary;

  private WorkerProcess(Arguments arguments) {
    this.arguments = arguments;
    this.diary = new Diary(Path.of(arguments.text("diary")));
    this.kinesis = PreparedKinesis.at(arguments.uri("kinesis"));
    this.dynamoDb = local(DynamoDbAsyncClient.builder(), arguments.uri("dynamodb")).build();
  }

  /**
   * Runs a program and ends the process.
   *
   * @param args {@code kinesis=URI dynamodb=URI worker=ID diary=FILE lease=MILLIS letters=FOLDER},
   *     and what the program wants beside these
   */
  static void main(String[] args, Body body) {
    try (WorkerProcess process = new WorkerProcess(Arguments.parse(Arrays.asList(args)))) {
      body.run(process);
    } catch (Exception e) {
      System.out.println(Dialogue.ERROR + NotMeasured.because(e));
      System.exit(NotMeasured.EXIT_CODE);
    }
    System.exit(0);
  }

  Arguments arguments() {
    return arguments;
  }

  Diary diary() {
    return diary;
  }

  /** A runtime that lacks its functions and its sink of dead letters. */
  FunctionRuntime runtime(String application) {
    return FunctionRuntime.named(application)
        .workerId(arguments.text("worker"))
        .leaseTime(arguments.millis("lease"))
        .leasesIn(new DynamoLeaseTable(dynamoDb, TABLE))
        .checkpointsIn(
            new WitnessedStore(new DynamoCheckpointStore(dynamoDb, TABLE, application), diary))
        .stateIn(new DynamoChunkStore(dynamoDb, TABLE, application))
        .connecting(new KinesisConnector(kinesis));
  }

  /** Says that the worker runs; a worker that can't go on ends, for somebody to start it anew. */
  static void started(FunctionRuntime.Running running) {
    System.out.println(STARTED);
    Thread watch = new Thread(() -> watch(running), "watch");
    watch.setDaemon(true);
    watch.start();
  }

  private static void watch(FunctionRuntime.Running running) {
    while (running.health().alive()) {
      Pause.millis(WATCH_MILLIS);
    }
    System.err.println("it can't go on: " + running.health().reasons());
    running.close();
    Runtime.getRuntime().halt(DEAD);
  }

  /** Writes down that it is going to stop, and how it was. */
  void stopping(FunctionRuntime.Running running) {
    diary.write("stopping", "tick", System.nanoTime(), "health", running.health().toString());
  }

  @Override
  public void close() throws Exception {
    kinesis.close();
    dynamoDb.close();
    diary.close();
  }
}
