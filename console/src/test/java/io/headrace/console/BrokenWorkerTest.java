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
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import software.amazon.awssdk.core.SdkBytes;

/** {@code headrace run} in a process whose engine breaks. */
class BrokenWorkerTest {
  /** What a process may take to start, and to notice and end, on a machine that is busy. */
  private static final int SECONDS_MAX = 60;

  private record Word(String text) {}

  @TempDir Path folder;
  private LocalAws aws;
  private final Set<String> handled = ConcurrentHashMap.newKeySet();

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
  @ParameterizedTest
  @CsvSource({"WORKER_LOOP_THROWS, 4m", "LEASE_LOOP_AND_CLOSE_HANG, 1s"})
  void a_worker_whose_engine_breaks_hands_over_and_its_process_ends_with_exit_code_70(
      String fault, String leaseTime) throws IOException, InterruptedException {
    try (var worker = HeadraceProcess.start(folder, "run", yaml(leaseTime).toString())) {
      worker.line();
      assertThat(worker.line()).isEqualTo("running app: 1 function");
      put("before", "a");
      Awaitility.await()
          .atMost(Duration.ofSeconds(SECONDS_MAX))
          .until(() -> Files.exists(folder.resolve("words.ndjson")));

      put(fault, "a");

      assertThat(worker.exitCode(SECONDS_MAX)).isEqualTo(Headrace.FAULT);
    }
    try (var other = other()) {
      for (int i = 0; i < 10; i++) {
        put("word " + i, "key-" + i);
      }
      Awaitility.await()
          .atMost(Duration.ofSeconds(SECONDS_MAX))
          .alias("all words at the other worker, which says " + other.health())
          .until(() -> handled.stream().filter(word -> word.startsWith("word ")).count() == 10);
    }
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

  private void put(String word, String key) {
    aws.kinesis()
        .putRecord(
            r ->
                r.streamName("words")
                    .partitionKey(key)
                    .data(SdkBytes.fromUtf8String("{\"text\":\"" + word + "\"}")))
        .join();
  }

  private Path yaml(String leaseTime) throws IOException {
    return Files.writeString(
        folder.resolve("app.yaml"),
        """
        application: app
        aws:
          kinesisEndpoint: %s
          dynamoDbEndpoint: %s
        leases: {leaseTime: %s}
        stopWithin: 1s
        retrieval: polling
        functions:
          - class: io.headrace.console.app.Breaking
        """
            .formatted(aws.kinesisEndpoint(), aws.dynamoDbEndpoint(), leaseTime));
  }
}
