package io.headrace.console;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.harness.LocalAws;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.core.SdkBytes;

/** {@code headrace run} in a process of its own, on local servers. */
class RunCommandTest {
  @TempDir Path folder;
  private LocalAws aws;

  @BeforeEach
  void start() {
    aws = LocalAws.start();
  }

  @AfterEach
  void stop() {
    aws.close();
  }

  @Test
  void a_worker_runs_the_functions_of_the_file_and_ends_within_5_seconds_of_a_signal()
      throws IOException, InterruptedException {
    aws.createStream("words", 2);
    put(1_000);
    try (var worker = HeadraceProcess.start(folder, "run", yaml(aws).toString())) {
      assertThat(worker.line())
          .startsWith("retrieval: enhanced fan-out; on AWS it costs about $0.015 an hour");
      assertThat(worker.line()).isEqualTo("running app: 1 function");
      var shouted = folder.resolve("shouted.ndjson");
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> Files.exists(shouted) && Files.readAllLines(shouted).size() == 1_000);

      worker.interrupt();

      assertThat(worker.exitCode(6)).isEqualTo(130);
      assertThat(Files.readAllLines(shouted))
          .containsExactlyInAnyOrderElementsOf(
              IntStream.range(0, 1_000).mapToObj(i -> "{\"text\":\"WORD " + i + "\"}").toList());
    }

    // The next worker goes on behind what was committed.
    Files.delete(folder.resolve("shouted.ndjson"));
    put(1);
    try (var worker = HeadraceProcess.start(folder, "run", yaml(aws).toString())) {
      var shouted = folder.resolve("shouted.ndjson");
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> Files.exists(shouted) && !Files.readAllLines(shouted).isEmpty());
      worker.terminate();
      assertThat(worker.exitCode(6)).isEqualTo(143);
      assertThat(Files.readAllLines(shouted)).containsExactly("{\"text\":\"WORD 0\"}");
    }
  }

  @Test
  void a_missing_stream_is_one_sentence_and_exit_code_2() throws IOException {
    var run = CommandRun.of("run", yaml(aws).toString());

    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err()).hasLineCount(1).contains("no such stream").contains("words");
  }

  @Test
  void an_unreachable_table_is_one_sentence_and_exit_code_2() throws IOException {
    aws.createStream("words", 1);
    int nobody;
    try (var free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      nobody = free.getLocalPort();
    }

    var run =
        CommandRun.of(
            "run", yaml(aws.kinesisEndpoint().toString(), "http://127.0.0.1:" + nobody).toString());

    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err()).hasLineCount(1).contains("DynamoDB table headrace: it can't be reached");
  }

  @Test
  void a_missing_file_is_one_sentence_and_exit_code_2() {
    var run = CommandRun.of("run", folder.resolve("absent.yaml").toString());

    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err()).hasLineCount(1).contains("absent.yaml: can't be read");
  }

  private void put(int words) {
    IntStream.range(0, words)
        .forEach(
            i ->
                aws.kinesis()
                    .putRecord(
                        r ->
                            r.streamName("words")
                                .partitionKey("key-" + i % 50)
                                .data(SdkBytes.fromUtf8String("{\"text\":\"word " + i + "\"}")))
                    .join());
  }

  private Path yaml(LocalAws aws) throws IOException {
    return yaml(aws.kinesisEndpoint().toString(), aws.dynamoDbEndpoint().toString());
  }

  private Path yaml(String kinesis, String dynamoDb) throws IOException {
    return Files.writeString(
        folder.resolve("app.yaml"),
        """
        application: app
        aws:
          kinesisEndpoint: %s
          dynamoDbEndpoint: %s
        leases: {leaseTime: 2s}
        functions:
          - class: io.headrace.console.app.Shouting
        """
            .formatted(kinesis, dynamoDb));
  }
}
