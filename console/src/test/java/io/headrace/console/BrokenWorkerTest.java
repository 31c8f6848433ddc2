package io.headrace.console;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.function.Destination;
import io.headrace.function.FunctionSpec;
import io.headrace.function.Input;
import io.headrace.function.json.Json;
import io.headrace.harness.LocalAws;
import io.headrace.kcl.StreamSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import software.amazon.awssdk.core.SdkBytes;

/** {@code headrace run} in a process whose engine breaks, or whose function hangs for good. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class BrokenWorkerTest {
  /** What a process may take to start, and to notice and end, on a machine that is busy. */
  private static final int SECONDS_MAX = 60;

  private record Word(String text) {}

  @TempDir static Path hangingFolder;
  private static LocalAws hangingAws;
  private static HeadraceProcess hanging;

  @TempDir Path folder;
  private LocalAws aws;
  private final Set<String> handled = ConcurrentHashMap.newKeySet();

  /** A thread is stuck 10 s after its interrupt, during which the others run. */
  @BeforeAll
  static void startHanging() throws IOException {
    hangingAws = LocalAws.start();
    hangingAws.createStream("words", 1);
    put(hangingAws, "CALL_HANGS", "a");
    var yaml =
        yaml(hangingAws, "20s", "{class: %s, timeout: 100ms}") + "watchdog: {stuckThreads: 0}\n";
    var errors = ProcessBuilder.Redirect.to(hangingFolder.resolve("errors").toFile());
    var file = Files.writeString(hangingFolder.resolve("app.yaml"), yaml);
    hanging = HeadraceProcess.start(hangingFolder, errors, "run", file.toString());
  }

  @AfterAll
  static void stopHanging() {
    hanging.close();
    hangingAws.close();
  }

  @BeforeEach
  void start() {
    aws = LocalAws.start();
    aws.createStream("words", 2);
  }

  @AfterEach
  void stop() {
    aws.close();
  }

  /** Where the lease time is 4 min, the shards come to the other long before it is over. */
  @Order(1)
  @ParameterizedTest
  @CsvSource({"WORKER_LOOP_THROWS, 4m", "LEASE_LOOP_AND_CLOSE_HANG, 1s"})
  void a_worker_whose_engine_breaks_hands_over_and_its_process_ends_with_exit_code_70(
      String fault, String leaseTime) throws IOException, InterruptedException {
    try (var worker = HeadraceProcess.start(folder, "run", file(leaseTime).toString())) {
      worker.line();
      assertThat(worker.line()).isEqualTo("running app: 1 function");
      put(aws, "before", "a");
      Awaitility.await()
          .atMost(Duration.ofSeconds(SECONDS_MAX))
          .until(() -> Files.exists(folder.resolve("words.ndjson")));

      put(aws, fault, "a");

      assertThat(worker.exitCode(SECONDS_MAX)).isEqualTo(Headrace.FAULT);
    }
    try (var other = other()) {
      for (int i = 0; i < 10; i++) {
        put(aws, "word " + i, "key-" + i);
      }
      Awaitility.await()
          .atMost(Duration.ofSeconds(SECONDS_MAX))
          .alias("all words at the other worker, which says " + other.health())
          .until(() -> handled.stream().filter(word -> word.startsWith("word ")).count() == 10);
    }
  }

  @Order(2)
  @Test
  void a_worker_whose_threads_are_stuck_ends_its_process_with_exit_code_70_and_says_where()
      throws IOException, InterruptedException {
    assertThat(hanging.exitCode(SECONDS_MAX)).isEqualTo(Headrace.FAULT);
    assertThat(Files.readString(hangingFolder.resolve("errors")))
        .contains("1 threads were interrupted and hang (function breaking: 1 of its threads hang)")
        .contains("restart it");
  }

  private io.headrace.function.FunctionRuntime.Running other() {
    return aws.runtime("app")
        .leaseTime(Duration.ofSeconds(2))
        .stoppingWithin(Duration.ofSeconds(2))
        .run(
            FunctionSpec.named("breaking")
                .reading(Input.of(StreamSource.kinesis("words"), Json.of(Word.class)))
                .<Object>handledBy(
                    () -> (event, out) -> handled.add(event.value().text()), Destination.nowhere()))
        .start();
  }

  private static void put(LocalAws aws, String word, String key) {
    aws.kinesis()
        .putRecord(
            r ->
                r.streamName("words")
                    .partitionKey(key)
                    .data(SdkBytes.fromUtf8String("{\"text\":\"" + word + "\"}")))
        .join();
  }

  private Path file(String leaseTime) throws IOException {
    return Files.writeString(folder.resolve("app.yaml"), yaml(aws, leaseTime, "{class: %s}"));
  }

  private static String yaml(LocalAws aws, String leaseTime, String function) {
    return """
        application: app
        aws:
          kinesisEndpoint: %s
          dynamoDbEndpoint: %s
        leases: {leaseTime: %s}
        stopWithin: 1s
        retrieval: polling
        functions:
          - %s
        """
        .formatted(
            aws.kinesisEndpoint(),
            aws.dynamoDbEndpoint(),
            leaseTime,
            function.formatted("io.headrace.console.app.Breaking"));
  }
}
