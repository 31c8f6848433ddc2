package io.headrace.console;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.headrace.function.aws.AwsServices;
import io.headrace.function.settings.Settings;
import io.headrace.harness.LocalAws;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/** An operator's commands against a worker in a process of its own, on local servers. */
class OperatorCommandsTest {
  @TempDir Path folder;
  private LocalAws aws;
  private Path file;

  @BeforeEach
  void start() throws IOException {
    aws = LocalAws.start();
    file = yaml("leases: {leaseTime: 2s}");
  }

  @AfterEach
  void stop() {
    aws.close();
  }

  @Test
  void a_fleet_is_looked_at_paused_moved_and_resumed_while_it_runs_and_when_it_is_dead()
      throws Exception {
    aws.createStream("words", 1);
    put("ann", 10);
    var told = folder.resolve("told.txt");
    var errors = ProcessBuilder.Redirect.to(told.toFile());
    try (var worker = HeadraceProcess.start(folder, errors, "run", file.toString())) {
      worker.line();
      await(() -> shouted().size() == 10);
      await(() -> leases().at("/leases/0/functions/0/position").isTextual());

      var before = leases();
      assertThat(before.at("/workers/0/standing").asText()).isEqualTo("RUNS");
      assertThat(before.at("/workers/0/heartbeatAgeSeconds").asDouble()).isBetween(-2.0, 60.0);
      assertThat(before.at("/leases/0/why/kind").asText()).isEqualTo("CLAIMED_FREE");
      assertThat(before.at("/leases/0/functions/0/lagSeconds").asDouble()).isLessThan(60);
      assertThat(before.at("/faults")).isEmpty();

      var all = order("seek", "--function", "shouting", "--to", "TRIM_HORIZON", "--reason", "all");
      assertThat(all.at("/moved")).hasSize(1);
      await(() -> shouted().size() == 20);

      order("pause", "--function", "shouting", "--reason", "the database is full");
      await(() -> Files.readString(told).contains("an operator has paused it"));
      put("bob", 10);
      var paused = leases();
      assertThat(paused.at("/paused/0/reason").asText()).isEqualTo("the database is full");
      assertThat(paused.at("/leases/0/functions/0/pausedBy/deed").asText()).isEqualTo("pause");
      assertThat(paused.at("/leases/0/functions/0/moved/to").asText()).isEqualTo("TRIM_HORIZON");
      assertThat(shouted()).hasSize(20);

      order("resume", "--function", "shouting", "--reason", "it is not any more");
      await(() -> shouted().size() == 30);
    }
    // Killed: the table says so, and orders wait for the next worker.
    var shard = leases().at("/leases/0/shard").asText();
    order("pause", "--function", "shouting", "--shard", shard, "--key", "ann", "--reason", "why");
    put("ann", 5);
    put("cyd", 5);
    try (var next = HeadraceProcess.start(folder, "run", file.toString())) {
      next.line();
      await(() -> shouted().stream().filter(line -> line.contains("CYD")).count() == 5);
      assertThat(leases().at("/leases/0/why/kind").asText()).isEqualTo("CLAIMED_FROM_GONE");
      assertThat(shouted().stream().filter(line -> line.contains("ANN"))).hasSize(20);
      order("resume", "--function", "shouting", "--key", "ann", "--reason", "well again");
      await(() -> shouted().stream().filter(line -> line.contains("ANN")).count() == 25);
    }
    var shown = CommandRun.of("leases", file.toString());
    assertThat(shown.out())
        .contains("buried", "claimed from", "seek to TRIM_HORIZON of shouting by", ": well again");
  }

  @Test
  void a_key_that_fails_for_ever_shows_in_leases_although_the_position_has_passed_it()
      throws Exception {
    aws.createStream("words", 1);
    file = yaml("leases: {leaseTime: 2s}", "    parking: {after: 100ms}");
    var word = SdkBytes.fromUtf8String("{\"text\":\"unspeakable\"}");
    try (var worker = HeadraceProcess.start(folder, "run", file.toString())) {
      worker.line();
      for (int i = 0; i < 2; i++) {
        aws.kinesis().putRecord(r -> r.streamName("words").partitionKey("eve").data(word)).join();
      }
      put("ann", 1);
      await(() -> leases().at("/leases/0/functions/0/parkedRecords").asInt() == 2);
    }

    assertThat(CommandRun.of("leases", file.toString()).out())
        .contains("committed through ", "; 1 key parked with 2 records");
  }

  @Test
  void what_makes_no_sense_is_one_sentence_and_exit_code_2() throws Exception {
    aws.createStream("words", 1);
    refused("DynamoDB table headrace: it does not exist", "leases", file.toString());
    try (var services = AwsServices.at(RunCommand.endpoints(Settings.read(file)))) {
      services.leases("headrace").prepare().toCompletableFuture().join();
    }
    refused(
        "application other: DynamoDB table headrace knows nothing of it",
        "leases",
        Files.writeString(
                folder.resolve("other.yaml"),
                Files.readString(file).replace("application: app", "application: other"))
            .toString());
    refused("function x: application app has [shouting]", words("pause", "x", "--reason", "y"));
    refused("resume: nothing of that is paused", words("resume", "shouting", "--reason", "y"));
    refused("--to noon: must be", words("seek", "shouting", "--to", "noon", "--reason", "y"));
    refused(
        "function shouting: keeps no state",
        words("seek", "shouting", "--state", "snapshot:7", "--reason", "y"));
    refused("skip: say --sequence", words("skip", "shouting", "--key", "k", "--reason", "y"));
    refused("skip: name the shard", words("skip", "shouting", "--sequence", "1", "--reason", "y"));
    assertThat(CommandRun.of(words("pause", "shouting")).err()).contains("--reason");
  }

  @Test
  void a_row_that_was_edited_by_hand_is_named_with_its_field_and_the_others_are_shown()
      throws Exception {
    aws.createStream("words", 2);
    try (var worker = HeadraceProcess.start(folder, "run", file.toString())) {
      worker.line();
      await(() -> leases().at("/leases/1/owner").isTextual());
    }
    var row =
        aws.dynamoDb().scan(scan -> scan.tableName("headrace")).join().items().stream()
            .filter(item -> String.valueOf(item.get("sk").s()).endsWith("shardId-000000000001"))
            .findFirst()
            .orElseThrow();
    aws.dynamoDb()
        .updateItem(
            update ->
                update
                    .tableName("headrace")
                    .key(Map.of("pk", row.get("pk"), "sk", row.get("sk")))
                    .updateExpression("SET e = :x")
                    .expressionAttributeValues(Map.of(":x", AttributeValue.fromS("first"))))
        .join();

    var shown = CommandRun.of("leases", file.toString(), "--json");

    assertThat(shown.exitCode()).isEqualTo(2);
    assertThat(shown.err()).contains("attribute e of item", "shardId-000000000001");
    assertThat(new ObjectMapper().readTree(shown.out()).at("/leases")).hasSize(1);
  }

  @Test
  void a_missing_table_that_must_not_be_made_stops_a_worker_with_the_command_that_makes_it()
      throws Exception {
    aws.createStream("words", 1);
    file = yaml("leases: {createTable: never}");

    refused(
        "make it with: aws dynamodb create-table --table-name headrace", "run", file.toString());
  }

  private String[] words(String verb, String function, String... more) {
    var words = new ArrayList<>(List.of(verb, file.toString(), "--function", function));
    words.addAll(List.of(more));
    return words.toArray(String[]::new);
  }

  private static void refused(String message, String... command) {
    var run = CommandRun.of(command);
    assertThat(run.exitCode()).as(run.err()).isEqualTo(2);
    assertThat(run.err()).contains(message).hasLineCount(1);
  }

  /** Gives an order that must succeed, and answers what it printed. */
  private JsonNode order(String verb, String option, String value, String... more)
      throws IOException {
    var words = new ArrayList<>(List.of(verb, file.toString(), option, value, "--json"));
    words.addAll(List.of(more));
    var run = CommandRun.of(words.toArray(String[]::new));
    assertThat(run.exitCode()).as(run.err()).isZero();
    return new ObjectMapper().readTree(run.out());
  }

  private JsonNode leases() throws IOException {
    return new ObjectMapper().readTree(CommandRun.of("leases", file.toString(), "--json").out());
  }

  private List<String> shouted() throws IOException {
    var path = folder.resolve("shouted.ndjson");
    return Files.exists(path) ? Files.readAllLines(path) : List.of();
  }

  private static void await(Callable<Boolean> condition) {
    Awaitility.await().atMost(Duration.ofSeconds(60)).until(condition);
  }

  private void put(String key, int words) {
    for (int i = 0; i < words; i++) {
      var word = "{\"text\":\"" + key + " " + i + "\"}";
      aws.kinesis()
          .putRecord(
              put -> put.streamName("words").partitionKey(key).data(SdkBytes.fromUtf8String(word)))
          .join();
    }
  }

  private Path yaml(String leases) throws IOException {
    return yaml(leases, "");
  }

  private Path yaml(String leases, String ofFunction) throws IOException {
    return Files.writeString(
        folder.resolve("app.yaml"),
        """
        application: app
        aws:
          kinesisEndpoint: %s
          dynamoDbEndpoint: %s
        %s
        functions:
          - class: io.headrace.console.app.Shouting
        %s
        """
            .formatted(aws.kinesisEndpoint(), aws.dynamoDbEndpoint(), leases, ofFunction));
  }
}
