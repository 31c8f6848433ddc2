package io.headrace.bench.chaos;

import static io.headrace.bench.rig.LocalBuilder.local;

import io.headrace.bench.rig.Arguments;
import io.headrace.bench.rig.Dialogue;
import io.headrace.bench.rig.NotMeasured;
import io.headrace.bench.rig.Pause;
import io.headrace.checkpoint.dynamo.DynamoCheckpointStore;
import io.headrace.function.Codec;
import io.headrace.function.DeadLetters;
import io.headrace.function.Destination;
import io.headrace.function.Event;
import io.headrace.function.FunctionRuntime;
import io.headrace.function.FunctionSpec;
import io.headrace.function.Input;
import io.headrace.function.Output;
import io.headrace.kcl.StreamSource;
import io.headrace.kcl.kinesis.KinesisConnector;
import io.headrace.kcl.kinesis.KinesisHttp;
import io.headrace.lease.dynamo.DynamoLeaseTable;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.ThreadLocalRandom;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/**
 * A worker as a user would write it, whose function writes down what it is given. Ends in order
 * when its input ends.
 */
final class WitnessProgram {
  static final String APPLICATION = "chaos";
  static final String STREAM = "chaos-in";
  static final String OUTPUTS = "chaos-out";
  static final String STARTED = "started";

  private static final String TABLE = "headrace";

  /** One call of so many takes long, one of so many fails: something is always under way. */
  private static final int SLOW_ONE_OF = 50;

  private static final int FAILING_ONE_OF = 200;
  private static final int SLOW_MILLIS = 120;

  private WitnessProgram() {}

  /** Takes {@code kinesis=URI dynamodb=URI worker=ID diary=FILE lease=MILLIS letters=FOLDER}. */
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
    try (Diary diary = new Diary(Path.of(arguments.text("diary")));
        FunctionRuntime.Running running =
            FunctionRuntime.named(APPLICATION)
                .workerId(arguments.text("worker"))
                .leaseTime(arguments.millis("lease"))
                .leasesIn(new DynamoLeaseTable(dynamoDb, TABLE))
                .checkpointsIn(
                    new WitnessedStore(
                        new DynamoCheckpointStore(dynamoDb, TABLE, APPLICATION), diary))
                .connecting(new KinesisConnector(kinesis))
                .deadLettersIn(DeadLetters.inFile(Path.of(arguments.text("letters"))))
                .run(spec(diary))
                .start()) {
      System.out.println(STARTED);
      while (System.in.read() >= 0) {
        // Nothing is asked of it: the end of the input is all that it waits for.
      }
      diary.write("stopping", "tick", System.nanoTime(), "health", running.health().toString());
    } finally {
      kinesis.close();
      dynamoDb.close();
    }
  }

  private static FunctionSpec<String, String> spec(Diary diary) {
    return FunctionSpec.named("witness")
        .reading(Input.of(StreamSource.kinesis(STREAM), new Text()))
        .handledBy(
            () -> (event, out) -> handle(diary, event, out),
            Destination.stream(OUTPUTS, new Text(), text -> text.substring(0, text.indexOf(' '))));
  }

  private static void handle(Diary diary, Event<String> event, Output<String> out) {
    long begun = System.nanoTime();
    int chance = ThreadLocalRandom.current().nextInt(FAILING_ONE_OF);
    if (chance % SLOW_ONE_OF == 0) {
      Pause.millis(SLOW_MILLIS);
    }
    if (chance == 1) {
      throw new IllegalStateException("failing now and then");
    }
    out.send(event.value());
    diary.write(
        "done",
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

  /** UTF-8. */
  private static final class Text implements Codec<String> {
    @Override
    public String decode(byte[] bytes, int version) {
      return new String(bytes, StandardCharsets.UTF_8);
    }

    @Override
    public byte[] encode(String value) {
      return value.getBytes(StandardCharsets.UTF_8);
    }
  }
}
