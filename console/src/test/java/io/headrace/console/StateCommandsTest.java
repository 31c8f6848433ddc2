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
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.core.SdkBytes;

/** State of a worker in a process of its own, on local servers, in an operator's hands. */
class StateCommandsTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** Long enough that what the keys keep lies in chunks. */
  private static final String FILLING = ".".repeat(1_500);

  @TempDir Path folder;
  private LocalAws aws;
  private Path file;
  private int exports;

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
            functions:
              - class: io.headrace.console.app.Counting
            """
                .formatted(aws.kinesisEndpoint(), aws.dynamoDbEndpoint()));
  }

  @AfterEach
  void stop() {
    aws.close();
  }

  @Test
  void state_is_exported_copied_erased_taken_back_and_imported() throws Exception {
    aws.createStream("words", 2);
    Path whole;
    try (var worker = HeadraceProcess.start(folder, "run", file.toString())) {
      worker.line();
      put("one", "ann", "bob", "cyd", "dan");
      await(() -> counts(exported()).equals(Map.of("ann", 1, "bob", 1, "cyd", 1, "dan", 1)));
      var copy = run(0, "snapshot", "--name", "friday");
      assertThat(copy.at("/snapshots/0/shards")).hasSize(2);

      put("two", "ann", "bob", "cyd", "dan");
      await(() -> counts(exported()).equals(Map.of("ann", 2, "bob", 2, "cyd", 2, "dan", 2)));
      var erased = order(0, "state", "erase", "--key", "bob", "--wait", "60");
      assertThat(erased.at("/erased").asBoolean()).isTrue();
      assertThat(erased.at("/snapshots/0").asText()).isEqualTo("friday");
      assertThat(erased.at("/order").has("key")).as("an order must not keep it").isFalse();
      assertThat(counts(exported())).isEqualTo(Map.of("ann", 2, "cyd", 2, "dan", 2));

      order(0, "seek", "--state", "snapshot:friday");
      // Of bob the copy is erased, too; what the stream has of him is read again.
      await(() -> counts(exported()).equals(Map.of("ann", 2, "bob", 1, "cyd", 2, "dan", 2)));
      whole = exported();
      assertThat(lines(whole).get(1).at("/position").isTextual()).isTrue();
    }
    put("three", "ann");
    try (var next = HeadraceProcess.start(folder, "run", file.toString())) {
      next.line();
      await(() -> counts(exported()).get("ann") == 3);
      next.terminate();
      assertThat(next.exitCode()).isEqualTo(143);
    }
    var unasked = withReason(words("state", "import", "--from", whole.toString()));
    await(() -> CommandRun.of(unasked).err().contains("there is state already"));

    var imported = order(0, "state", "import", "--from", whole.toString(), "--replace");

    assertThat(imported.at("/entries").asInt()).isEqualTo(4);
    assertThat(entries(exported())).isEqualTo(entries(whole));
    try (var last = HeadraceProcess.start(folder, "run", file.toString())) {
      last.line();
      await(() -> counts(exported()).get("ann") == 3);
    }
  }

  @Test
  void what_makes_no_sense_is_one_sentence_and_exit_code_2() throws Exception {
    aws.createStream("words", 1);
    try (var worker = HeadraceProcess.start(folder, "run", file.toString())) {
      worker.line();
      put("one", "ann");
      await(() -> counts(exported()).equals(Map.of("ann", 1)));
    }
    var good = exported();
    var there = CommandRun.of(words("state", "export", "--to", good.toString()));
    assertThat(there.err()).contains("is there already").hasLineCount(1);
    refused("seek: say with --to where", "seek");
    refused("a snapshot says where", "seek", "--state", "snapshot:x", "--to", "LATEST");
    refused("snapshot x of counting: there is none", "seek", "--state", "snapshot:x");
    refused("--state all: must be empty or snapshot:NAME", "seek", "--state", "all");
    var ofAnn = folder.resolve("ann.ndjson").toString();
    run(0, "state", "export", "--key", "ann", "--to", ofAnn);
    refused("line 1: is of one key", "state", "import", "--replace", "--from", ofAnn);
    var text = Files.readAllLines(good);
    refused("is cut short", "state", "import", "--replace", "--from", cut(text.subList(0, 2)));
    refused(
        ", line 2: is not one JSON object",
        "state",
        "import",
        "--replace",
        "--from",
        cut(List.of(text.get(0), text.get(1).substring(0, 20))));
    assertThat(counts(exported())).isEqualTo(Map.of("ann", 1));
  }

  private String cut(List<String> lines) throws IOException {
    return Files.write(folder.resolve("cut" + exports++ + ".ndjson"), lines).toString();
  }

  private String[] words(String... command) {
    var words = new ArrayList<String>();
    int verbs = command[0].equals("state") ? 2 : 1;
    words.addAll(List.of(command).subList(0, verbs));
    words.addAll(List.of(file.toString(), "--function", "counting", "--json"));
    words.addAll(List.of(command).subList(verbs, command.length));
    return words.toArray(String[]::new);
  }

  private static String[] withReason(String... words) {
    var all = new ArrayList<>(List.of(words));
    all.addAll(List.of("--reason", "why"));
    return all.toArray(String[]::new);
  }

  private JsonNode run(int exitCode, String... command) throws IOException {
    return answered(exitCode, words(command));
  }

  private JsonNode order(int exitCode, String... command) throws IOException {
    return answered(exitCode, withReason(words(command)));
  }

  private static JsonNode answered(int exitCode, String... words) throws IOException {
    var run = CommandRun.of(words);
    assertThat(run.exitCode()).as(run.err()).isEqualTo(exitCode);
    return MAPPER.readTree(run.out());
  }

  private void refused(String message, String... command) {
    var run = CommandRun.of(withReason(words(command)));
    assertThat(run.exitCode()).as(run.err()).isEqualTo(2);
    assertThat(run.err()).contains(message).hasLineCount(1);
  }

  private Path exported() throws IOException {
    var to = folder.resolve("state" + exports++ + ".ndjson");
    run(0, "state", "export", "--to", to.toString());
    return to;
  }

  private static List<JsonNode> lines(Path exported) throws IOException {
    var lines = new ArrayList<JsonNode>();
    for (var line : Files.readAllLines(exported)) {
      lines.add(MAPPER.readTree(line));
    }
    return lines;
  }

  private static List<JsonNode> entries(Path exported) throws IOException {
    return lines(exported).stream().filter(line -> line.has("kind")).toList();
  }

  /** How many words each key was told. */
  private static Map<String, Integer> counts(Path exported) throws IOException {
    var counts = new TreeMap<String, Integer>();
    for (var entry : entries(exported)) {
      var told = MAPPER.readTree(entry.at("/text").asText());
      counts.put(entry.at("/partitionKey").asText(), told.at("/words").size());
    }
    return counts;
  }

  private static void await(Callable<Boolean> condition) {
    Awaitility.await().atMost(Duration.ofSeconds(60)).until(condition);
  }

  private void put(String text, String... keys) {
    for (var key : keys) {
      var word = "{\"text\":\"" + text + FILLING + "\"}";
      aws.kinesis()
          .putRecord(
              put -> put.streamName("words").partitionKey(key).data(SdkBytes.fromUtf8String(word)))
          .join();
    }
  }
}
