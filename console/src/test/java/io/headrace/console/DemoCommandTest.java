package io.headrace.console;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The main job, in a process of its own. */
class DemoCommandTest {
  @TempDir Path folder;

  @Test
  void every_record_is_accounted_for() throws IOException, InterruptedException {
    var summary = summary("demo", "--for", "5s", "--json");

    accountBalances(summary);
    assertThat(summary.get("retrieval").asText()).isEqualTo("fan-out");
    assertThat(summary.get("retrievedBy").get(0).asText())
        .isEqualTo("enhanced fan-out, consumer demo");
    assertThat(summary.get("samples").get("monitoring").get("wrong").asLong()).isZero();
    assertThat(summary.get("samples").get("fraud").get("payments").asLong()).isPositive();
    assertThat(summary.get("samples").get("analytics").get("equalToFold").asBoolean()).isTrue();
  }

  @Test
  void every_record_is_accounted_for_by_polling_too() throws IOException, InterruptedException {
    var summary = summary("demo", "--for", "3s", "--retrieval", "polling", "--json");

    accountBalances(summary);
    assertThat(summary.get("retrieval").asText()).isEqualTo("polling");
    assertThat(summary.get("retrievedBy")).isEmpty();
  }

  @Test
  void every_record_is_accounted_for_when_a_worker_is_killed_half_way()
      throws IOException, InterruptedException {
    var summary = summary("demo", "--for", "8s", "--kill-one", "--json");

    accountBalances(summary);
    assertThat(summary.get("killedOne").asBoolean()).isTrue();
    assertThat(summary.get("samples").get("analytics").get("equalToFold").asBoolean()).isTrue();
  }

  @Test
  void ctrl_c_drains_commits_and_tells_the_account_within_5_seconds()
      throws IOException, InterruptedException {
    // After 6 s it is cut off, which is the machine's doing where that stands still meanwhile.
    var told = "";
    for (int tries = 0; tries < 5 && !told.contains("unaccounted"); tries++) {
      told = toldWhenInterrupted();
    }
    assertThat(told).contains("unaccounted 0");
  }

  private String toldWhenInterrupted() throws IOException, InterruptedException {
    try (var demo = HeadraceProcess.start(folder, "demo", "--for", "10m", "--metrics-port", "0")) {
      var page = "";
      for (var line = ""; !line.contains("settled"); line = demo.line()) {
        // until the fleet is at work
        page = line.startsWith("metrics at ") ? line : page;
      }
      var metrics = Scraped.pageIn(page);
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .untilAsserted(
              () ->
                  assertThat(Scraped.from(metrics).lines())
                      .anyMatch(
                          line ->
                              line.matches(
                                  "headrace_records_taken_total\\{.*worker=\"worker-2\"} .*")));
      demo.interrupt();

      assertThat(demo.exitCode()).isEqualTo(130);
      return String.join("\n", demo.rest());
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--for 10 | must be between 1s and 24h, written as 30s, 2m or 1h",
        "--retrieval push | retrieval \"push\": must be fan-out or polling",
        "--metrics-port 70000 | --metrics-port 70000: must be between 0 and 65535",
        "--workers 0 | --workers 0: must be between 1 and 16",
        "--workers 1 --kill-one | --kill-one: needs at least 2 workers",
      })
  void a_wrong_option_is_said_plainly_with_exit_code_2(String options, String message) {
    var run = CommandRun.of(("demo " + options).split(" "));

    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err()).contains(message).doesNotContain("Exception");
  }

  private JsonNode summary(String... args) throws IOException, InterruptedException {
    try (var demo = HeadraceProcess.start(folder, args)) {
      var lines = demo.rest();
      assertThat(demo.exitCode()).as("of %s", lines).isZero();
      return new ObjectMapper().readTree(lines.get(lines.size() - 1));
    }
  }

  private static void accountBalances(JsonNode summary) {
    assertThat(summary.get("put").asLong()).isPositive();
    assertThat(summary.get("unaccounted").asLong()).isZero();
    assertThat(summary.get("inFlight").asLong()).isZero();
    assertThat(summary.get("put").asLong())
        .isEqualTo(
            summary.get("handled").asLong()
                + summary.get("filtered").asLong()
                + summary.get("deadLettered").asLong()
                + summary.get("droppedAsMisrouted").asLong()
                + summary.get("parked").asLong());
    var carried = summary.get("carried");
    assertThat(carried.get("put").asLong()).isPositive();
    assertThat(carried.get("inFlight").asLong()).isZero();
    assertThat(carried.get("put").asLong())
        .isEqualTo(
            carried.get("handled").asLong()
                + carried.get("deadLettered").asLong()
                + carried.get("parked").asLong());
    assertThat(summary.get("samples").get("fraud").get("contradicting").asLong()).isZero();
    assertThat(summary.get("commits").asLong()).isPositive();
    assertThat(summary.get("dynamoRequests").asLong()).isPositive();
  }
}
