package io.headrace.console;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.headrace.harness.LocalAws;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.core.SdkBytes;

/** Dead letters of a worker in a process of its own, on local servers. */
class RedriveCommandTest {
  @TempDir Path folder;
  private LocalAws aws;
  private Path file;

  @BeforeEach
  void start() throws IOException {
    aws = LocalAws.start();
    file =
        Files.writeString(
            folder.resolve("app.yaml"),
            """
            application: app
            aws:
              kinesisEndpoint: %s
              dynamoDbEndpoint: %s
            leases: {leaseTime: 2s}
            retrieval: polling
            redact: [/text]
            functions:
              - class: io.headrace.console.app.Mending
            """
                .formatted(aws.kinesisEndpoint(), aws.dynamoDbEndpoint()));
  }

  @AfterEach
  void stop() {
    aws.close();
  }

  @Test
  void after_a_bug_is_fixed_letters_are_played_in_order_and_a_second_redrive_does_nothing()
      throws Exception {
    aws.createStream("words", 2);
    var broken = Files.createFile(folder.resolve("broken"));
    try (var worker = HeadraceProcess.start(folder, "run", file.toString())) {
      worker.line();
      put(40, "ann", "bob", "cyd", "dan");
      await(() -> lines("dead-letters/mending.ndjson").size() == 40);
      assertThat(lines("dead-letters/mending.ndjson"))
          .as("letters show no text, and neither do messages that quote it")
          .noneMatch(line -> line.contains(" 07"));
      await(() -> redrive(0, "--dry-run").at("/letters").asInt() == 40);
      assertThat(redrive(0, "--dry-run").at("/byCode/RetryAttemptsExhausted").asInt())
          .isEqualTo(40);
      assertThat(redrive(0, "--dry-run", "--key", "bob").at("/letters").asInt()).isEqualTo(10);

      Files.delete(broken);
      var done = redrive(0, "--wait", "60");

      assertThat(done.at("/order/deed").asText()).isEqualTo("redrive");
      assertThat(done.at("/left").asInt()).isZero();
      var mended = lines("mended.ndjson");
      assertThat(mended).hasSize(40).doesNotHaveDuplicates();
      for (var key : List.of("ann", "bob", "cyd", "dan")) {
        assertThat(mended.stream().filter(line -> line.contains(key)).toList())
            .hasSize(10)
            .isSorted();
      }
      var again = redrive(0, "--wait", "60");
      assertThat(again.at("/letters").asInt()).isZero();
      assertThat(again.has("order")).isFalse();
      assertThat(lines("mended.ndjson")).hasSize(40);
    }
  }

  @Test
  void what_makes_no_sense_is_one_sentence_and_exit_code_2() throws Exception {
    aws.createStream("words", 1);
    try (var worker = HeadraceProcess.start(folder, "run", file.toString())) {
      worker.line();
      worker.line();
    }
    refused("--since noon: must be an instant", "--since", "noon");
    refused("redrive of -1 a second: must be", "--rate", "-1");
    var unknown = CommandRun.of("redrive", file.toString(), "--function", "x", "--reason", "why");
    assertThat(unknown.exitCode()).isEqualTo(2);
    assertThat(unknown.err()).contains("function x: application app has [mending]");
  }

  private void refused(String message, String... options) {
    var run = run(options);
    assertThat(run.exitCode()).as(run.err()).isEqualTo(2);
    assertThat(run.err()).contains(message).hasLineCount(1);
  }

  private JsonNode redrive(int exitCode, String... options) throws IOException {
    var run = run(options);
    assertThat(run.exitCode()).as(run.err()).isEqualTo(exitCode);
    return new ObjectMapper().readTree(run.out());
  }

  private CommandRun run(String... options) {
    var words =
        new ArrayList<>(
            List.of(
                "redrive",
                file.toString(),
                "--function",
                "mending",
                "--reason",
                "the bug is fixed",
                "--json"));
    words.addAll(List.of(options));
    return CommandRun.of(words.toArray(String[]::new));
  }

  private List<String> lines(String name) throws IOException {
    var path = folder.resolve(name);
    return Files.exists(path) ? Files.readAllLines(path) : List.of();
  }

  private static void await(Callable<Boolean> condition) {
    Awaitility.await().atMost(Duration.ofSeconds(60)).until(condition);
  }

  private void put(int words, String... keys) {
    for (int i = 0; i < words; i++) {
      var key = keys[i % keys.length];
      var word = String.format(Locale.ROOT, "{\"text\":\"%s %02d\"}", key, i);
      aws.kinesis()
          .putRecord(
              put -> put.streamName("words").partitionKey(key).data(SdkBytes.fromUtf8String(word)))
          .join();
    }
  }
}
