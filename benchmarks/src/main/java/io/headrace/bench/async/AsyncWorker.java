package io.headrace.bench.async;

import static io.headrace.bench.rig.LocalBuilder.local;

import com.sun.management.OperatingSystemMXBean;
import io.headrace.bench.consumer.HeadraceConsumer;
import io.headrace.bench.consumer.PreparedKinesis;
import io.headrace.bench.rig.Arguments;
import io.headrace.bench.rig.Dialogue;
import io.headrace.bench.rig.NotMeasured;
import io.headrace.checkpoint.dynamo.DynamoCheckpointStore;
import io.headrace.function.DeadLetters;
import io.headrace.function.FunctionRuntime;
import io.headrace.kcl.kinesis.KinesisConnector;
import io.headrace.kcl.kinesis.Retrieval;
import io.headrace.lease.dynamo.DynamoLeaseTable;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Arrays;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/**
 * The worker that is measured, a process of its own: prints {@code ready} when it reads, and
 * answers {@code window NUMBER COUNT} with the figures since the last answer, once so many records
 * of that window are handled. It ends with its input.
 */
final class AsyncWorker {
  static final String READY = "ready";

  private static final String TABLE = "headrace";
  private static final OperatingSystemMXBean PROCESS =
      (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

  private AsyncWorker() {}

  /** Takes {@code kinesis}, {@code dynamoDb}, {@code application} and {@code way}. */
  public static void main(String[] args) {
    int exitCode = 0;
    try {
      run(Arguments.parse(Arrays.asList(args)));
    } catch (Exception e) {
      System.out.println(Dialogue.ERROR + NotMeasured.because(e));
      exitCode = NotMeasured.EXIT_CODE;
    }
    System.exit(exitCode);
  }

  private static void run(Arguments given) throws IOException {
    try (ServiceCall call = new ServiceCall();
        KinesisAsyncClient kinesis = PreparedKinesis.at(given.uri("kinesis"));
        DynamoDbAsyncClient dynamoDb =
            local(DynamoDbAsyncClient.builder(), given.uri("dynamoDb")).build();
        FunctionRuntime.Running running =
            FunctionRuntime.named(given.text("application"))
                .leasesIn(new DynamoLeaseTable(dynamoDb, TABLE))
                .checkpointsIn(
                    new DynamoCheckpointStore(dynamoDb, TABLE, given.text("application")))
                .connecting(
                    new KinesisConnector(kinesis, Retrieval.fanOut().as(given.text("application"))))
                .deadLettersIn(DeadLetters.inFile(Files.createTempDirectory("headrace-bench")))
                .run(call.spec(Way.valueOf(given.text("way"))))
                .start()) {
      HeadraceConsumer.awaitReady(running);
      System.out.println(READY);
      answer(call);
    }
  }

  private static void answer(ServiceCall call) throws IOException {
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    long cpu = PROCESS.getProcessCpuTime();
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String[] words = line.split(" ", -1);
      try {
        int count = Integer.parseInt(words[2]);
        var figures = call.await(Integer.parseInt(words[1]), count);
        long now = PROCESS.getProcessCpuTime();
        System.out.println(figures.put("cpu_us", (now - cpu) / 1e3 / count).line());
        cpu = now;
      } catch (NotMeasured e) {
        System.out.println(Dialogue.ERROR + e.getMessage());
      }
    }
  }
}
