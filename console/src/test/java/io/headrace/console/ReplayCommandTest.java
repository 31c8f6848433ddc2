package io.headrace.console;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.headrace.harness.LocalAws;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.model.Record;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;

/** Two versions of a function over a stretch of a real stream. */
class ReplayCommandTest {
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
            functions:
              - class: io.headrace.console.app.Shouting
              - class: io.headrace.console.app.Upper
            """
                .formatted(aws.kinesisEndpoint(), aws.dynamoDbEndpoint()));
  }

  @AfterEach
  void stop() {
    aws.close();
  }

  @Test
  void outputs_that_differ_are_told_by_id_and_nothing_is_written() throws Exception {
    aws.createStream("words", 2);
    put("a1", "b1", "c1", "d1", "e1");
    // Between the last of these and the first of the rest, by the server's clock.
    var last = records().get(4).approximateArrivalTimestamp();
    while (!put("f1").isAfter(last)) {
      put("f2");
    }
    var first = records().get(0).approximateArrivalTimestamp();

    var to = last.plusMillis(1);

    var differs = replay(1, first, to, "shouting2", "shouting");

    long read =
        records().stream().filter(r -> r.approximateArrivalTimestamp().isBefore(to)).count();
    assertThat(read).isBetween(5L, (long) records().size() - 1);
    assertThat(differs.at("/same").asLong()).as("all but b1 and c1").isEqualTo(read - 2);
    assertThat(differs.at("/missing")).hasSize(1);
    assertThat(differs.at("/missing").elements().next().asText()).contains("B1");
    assertThat(differs.at("/added").elements().next().asText()).contains("again");
    var changed = differs.at("/changed").elements().next();
    assertThat(changed.at("/from").asText()).contains("C1");
    assertThat(changed.at("/to").asText()).contains("c1");
    assertThat(Files.exists(folder.resolve("never.ndjson"))).isFalse();
    assertThat(aws.dynamoDb().listTables().join().tableNames()).as("no table is made").isEmpty();

    var backwards = CommandRun.of(words(last, first, "shouting2", "shouting"));
    assertThat(backwards.exitCode()).isEqualTo(2);
    assertThat(backwards.err()).contains("the stretch is empty").hasLineCount(1);
    var unknown = CommandRun.of(words(first, last, "shouting3", "shouting"));
    assertThat(unknown.err()).contains("function shouting3: the file has").hasLineCount(1);
  }

  @Test
  void a_report_says_what_is_the_same_added_missing_and_changed() {
    var report =
        ReplayReport.of(Map.of("1", "a", "2", "b", "4", "d"), Map.of("1", "a", "2", "x", "3", "c"));

    assertThat(report.lines(10))
        .containsExactly(
            "+ 4  d", "- 3  c", "~ 2  x  ->  b", "1 the same, 1 added, 1 missing, 1 changed");
    assertThat(report.lines(1)).contains("and 2 more; --json has all");
    assertThat(report.isSame()).isFalse();
    assertThat(ReplayReport.of(Map.of("1", "a"), Map.of("1", "a")).isSame()).isTrue();
  }

  @Test
  void outputs_of_bytes_that_are_no_text_differ_where_the_bytes_do() {
    assertThat(Sandbox.text(new byte[] {'a', 'b'})).isEqualTo("ab");
    assertThat(Sandbox.text(new byte[] {'a', (byte) 0xfe}))
        .isNotEqualTo(Sandbox.text(new byte[] {'a', (byte) 0xff}));
  }

  private JsonNode replay(int exitCode, Instant from, Instant to, String function, String against)
      throws IOException {
    var run = CommandRun.of(words(from, to, function, against));
    assertThat(run.exitCode()).as(run.err()).isEqualTo(exitCode);
    return new ObjectMapper().readTree(run.out());
  }

  private String[] words(Instant from, Instant to, String function, String against) {
    return List.of(
            "replay",
            file.toString(),
            "--function",
            function,
            "--against",
            against,
            "--from",
            from.toString(),
            "--to",
            to.toString(),
            "--json")
        .toArray(String[]::new);
  }

  /** When the last of them arrived. */
  private Instant put(String... texts) {
    for (var text : texts) {
      var word = "{\"text\":\"" + text + "\"}";
      aws.kinesis()
          .putRecord(
              put -> put.streamName("words").partitionKey(text).data(SdkBytes.fromUtf8String(word)))
          .join();
    }
    var all = records();
    return all.get(all.size() - 1).approximateArrivalTimestamp();
  }

  /** All of the stream, by arrival. */
  private List<Record> records() {
    var all = new ArrayList<Record>();
    for (var shard : aws.kinesis().listShards(l -> l.streamName("words")).join().shards()) {
      var iterator =
          aws.kinesis()
              .getShardIterator(
                  get ->
                      get.streamName("words")
                          .shardId(shard.shardId())
                          .shardIteratorType(ShardIteratorType.TRIM_HORIZON))
              .join()
              .shardIterator();
      all.addAll(aws.kinesis().getRecords(get -> get.shardIterator(iterator)).join().records());
    }
    all.sort(Comparator.comparing(Record::approximateArrivalTimestamp));
    return all;
  }
}
