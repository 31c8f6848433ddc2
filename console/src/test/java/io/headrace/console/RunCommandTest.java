package io.headrace.console;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.harness.LocalAws;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
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
    var file = yaml(aws);
    Files.writeString(file, "metrics: {port: 0}\n", StandardOpenOption.APPEND);
    try (var worker = HeadraceProcess.start(folder, "run", file.toString())) {
      assertThat(worker.line())
          .startsWith("retrieval: enhanced fan-out; on AWS it costs about $0.015 an hour");
      var page = worker.line();
      assertThat(page).startsWith("metrics at http://127.0.0.1:").endsWith(", health at /health");
      assertThat(worker.line()).isEqualTo("running app: 1 function");
      var shouted = folder.resolve("shouted.ndjson");
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> Files.exists(shouted) && Files.readAllLines(shouted).size() == 1_000);
      isMeasured(Scraped.pageIn(page));

      worker.interrupt();

      assertThat(worker.exitCode()).isEqualTo(130);
      assertThat(Files.readAllLines(shouted))
          .containsExactlyInAnyOrderElementsOf(
              IntStream.range(0, 1_000).mapToObj(i -> "{\"text\":\"WORD " + i + "\"}").toList());
    }

    // Its last word in the table, written when all was handed over: it was not cut off, or it was
    // since the machine stood still meanwhile, and the next one is not.
    for (int tries = 0; tries < 5 && !hasLeft(file); tries++) {
      try (var again = HeadraceProcess.start(folder, "run", file.toString())) {
        for (var line = ""; !line.startsWith("running app"); line = again.line()) {
          // until it is at work
        }
        again.interrupt();
        assertThat(again.exitCode()).isEqualTo(130);
      }
    }
    assertThat(hasLeft(file)).isTrue();
    // The next worker goes on behind what was committed.
    Files.delete(folder.resolve("shouted.ndjson"));
    put(1);
    try (var worker = HeadraceProcess.start(folder, "run", yaml(aws).toString())) {
      var shouted = folder.resolve("shouted.ndjson");
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> Files.exists(shouted) && !Files.readAllLines(shouted).isEmpty());
      worker.terminate();
      assertThat(worker.exitCode()).isEqualTo(143);
      assertThat(Files.readAllLines(shouted)).containsExactly("{\"text\":\"WORD 0\"}");
    }
  }

  private static boolean hasLeft(Path file) {
    return CommandRun.of("leases", file.toString(), "--json")
        .out()
        .contains("\"standing\":\"LEFT\"");
  }

  private static void isMeasured(URI page) throws IOException, InterruptedException {
    var tags = "{application=\"app\",function=\"shouting\",";
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(
            () -> {
              var scraped = Scraped.from(page);
              assertThat(
                      scraped.value(
                          "headrace_records_settled_total" + tags + "outcome=\"handled\""))
                  .isEqualTo(1_000);
              // Of the local Kinesis, as it says itself.
              assertThat(scraped.value("headrace_time_to_retention_seconds" + tags))
                  .isBetween(86_000.0, 86_400.0);
              assertThat(scraped.value("headrace_account_off" + tags)).isZero();
              assertThat(scraped.value("headrace_workers_wanted")).isEqualTo(1);
            });
    assertThat(Scraped.from(page.resolve("/health")).status()).isEqualTo(200);
  }

  @Test
  void a_port_that_is_taken_is_one_sentence_and_exit_code_2() throws IOException {
    try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      var file = yaml(aws);
      Files.writeString(
          file, "metrics: {port: " + taken.getLocalPort() + "}\n", StandardOpenOption.APPEND);

      var run = CommandRun.of("run", file.toString());

      assertThat(run.exitCode()).isEqualTo(2);
      assertThat(run.err()).hasLineCount(1).contains("metrics at 127.0.0.1:").contains("is taken");
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

    var run =
        CommandRun.of(
            "run", yaml(aws.kinesisEndpoint().toString(), "http://127.0.0.1:1").toString());

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
