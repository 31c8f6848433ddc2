package io.headrace.console;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.checkpoint.Placement;
import io.headrace.checkpoint.ProgressKey;
import io.headrace.checkpoint.dynamo.DynamoCheckpointStore;
import io.headrace.checkpoint.dynamo.PlacedProgress;
import io.headrace.function.aws.AwsServices;
import io.headrace.harness.LocalAws;
import io.headrace.kcl.HashRange;
import io.headrace.kcl.Incarnation;
import io.headrace.kcl.LeaseToken;
import io.headrace.kcl.Position;
import io.headrace.kcl.ShardId;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StartingPosition;
import io.headrace.kcl.StreamId;
import io.headrace.lease.LeaseRow;
import io.headrace.lease.dynamo.DynamoLeaseTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.dynamodb.model.AttributeDefinition;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.BillingMode;
import software.amazon.awssdk.services.dynamodb.model.KeySchemaElement;
import software.amazon.awssdk.services.dynamodb.model.KeyType;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;

/** {@code import-kcl} and {@code export-kcl} on rows that were written by hand. */
class KclCommandsTest {
  private static final String SHARD = "shardId-000000000000";
  private static LocalAws aws;

  /**
   * Kept open while the commands run: the SDK's clients of a process share their threads, and the
   * last that is closed waits two seconds for them.
   */
  private static AwsServices keptOpen;

  private static int tables;

  @TempDir private Path folder;
  private String application = "";
  private String table = "";

  @BeforeAll
  static void startServers() {
    aws = LocalAws.start();
    aws.createStream("words", 1);
    keptOpen =
        AwsServices.at(
            new AwsServices.Endpoints(
                Optional.empty(),
                Optional.of(aws.kinesisEndpoint()),
                Optional.of(aws.dynamoDbEndpoint())));
    new DynamoLeaseTable(aws.dynamoDb(), "headrace").prepare().toCompletableFuture().join();
  }

  @AfterAll
  static void stopServers() {
    keptOpen.close();
    aws.close();
  }

  @BeforeEach
  void createTable() {
    tables++;
    application = "app" + tables;
    table = "library" + tables;
    aws.dynamoDb()
        .createTable(
            t ->
                t.tableName(table)
                    .billingMode(BillingMode.PAY_PER_REQUEST)
                    .attributeDefinitions(
                        AttributeDefinition.builder()
                            .attributeName("leaseKey")
                            .attributeType(ScalarAttributeType.S)
                            .build())
                    .keySchema(
                        KeySchemaElement.builder()
                            .attributeName("leaseKey")
                            .keyType(KeyType.HASH)
                            .build()))
        .join();
  }

  @Test
  void a_dry_run_tells_everything_and_writes_nothing() throws IOException {
    var sequence = put();
    row("checkpoint", sequence);

    var dry = command("import-kcl", "--from", table, "--dry-run");

    assertThat(dry.err()).isEmpty();
    assertThat(dry.exitCode()).isZero();
    assertThat(dry.out())
        .isEqualTo(
            """
            shouting words/%s: %s:0 -> behind %s:0
            dry run: 1 progress items would be written, nothing was
            """
                .formatted(SHARD, sequence, sequence));
    assertThat(placed().read(key()).toCompletableFuture().join()).isEmpty();
  }

  @Test
  void json_is_one_line_and_a_second_import_changes_nothing() throws IOException {
    var sequence = put();
    row("checkpoint", sequence);

    var first = command("import-kcl", "--from", table, "--json");
    var second = command("import-kcl", "--from", table, "--json");

    assertThat(first.out())
        .hasLineCount(1)
        .contains("\"written\":1,\"asTheyWere\":0")
        .contains("\"shard\":\"" + SHARD + "\"")
        .contains("\"kcl\":\"" + sequence + ":0\"");
    assertThat(second.out()).contains("\"written\":0,\"asTheyWere\":1");
  }

  @Test
  void an_import_that_broke_off_is_finished_by_the_next_and_the_library_may_have_gone_on()
      throws IOException {
    var sequence = put();
    row("checkpoint", sequence);
    var old = StartingPosition.after(Position.of("5"));
    placed().begin("shouting", "before", false, Optional.empty()).toCompletableFuture().join();
    placed()
        .place(key(), new Placement.At(old, Set.of()), "before", false)
        .toCompletableFuture()
        .join();

    var export = command("export-kcl", "--to", table);
    assertThat(export.exitCode()).isEqualTo(2);
    assertThat(export.err())
        .hasLineCount(1)
        .contains("function shouting", "is being placed by before", "run it again");
    var run = command("import-kcl", "--from", table);

    assertThat(run.err()).isEmpty();
    assertThat(run.out()).contains("imported: 1 progress items written");
    var standing = placed().read(key()).toCompletableFuture().join().orElseThrow();
    assertThat(standing.progress().through()).contains(Position.of(sequence));
    assertThat(standing.placed().orElseThrow()).startsWith("import of KCL table " + table);
    assertThat(
            store()
                .startOf("shouting", StartingPosition.at(Instant.EPOCH))
                .toCompletableFuture()
                .join())
        .as("in shards that come of those that were placed")
        .isEqualTo(StartingPosition.TRIM_HORIZON);
  }

  @Test
  void progress_is_set_aside_with_a_reason_only_and_the_reason_is_kept() throws IOException {
    var sequence = put();
    row("checkpoint", sequence);
    var token = new LeaseToken(new Incarnation("ann", "1"), 1);
    store().startOf("shouting", StartingPosition.TRIM_HORIZON).toCompletableFuture().join();
    store().seal(key(), token, "nonce").toCompletableFuture().join();

    refused("--from " + table, "progress item words@", "has progress already", "--force REASON");
    refused("--from " + table + " --force ,", "--force: say why");
    var forced = command("import-kcl", "--from", table, "--force", "second try, INC-7");

    assertThat(forced.err()).isEmpty();
    assertThat(forced.out()).contains("is set aside");
    assertThat(placed().read(key()).toCompletableFuture().join().orElseThrow().placed())
        .get()
        .asString()
        .endsWith("forced: second try, INC-7");
  }

  @Test
  void a_shard_whose_lease_has_ended_takes_no_import() throws IOException {
    row("checkpoint", put());
    var ended =
        new LeaseRow(key().shard(), List.of(), HashRange.ALL, null, 1, true, Set.of(), null, null);
    new DynamoLeaseTable(aws.dynamoDb(), "headrace")
        .create(application, ended, "nonce")
        .toCompletableFuture()
        .join();

    refused("--from " + table, "lease words@", "has ended, and the KCL stands in it");
  }

  @Test
  void rows_that_are_not_understood_are_named_with_their_field() throws IOException {
    row("checkpoint", "newest");
    refused(
        "--from " + table,
        "KCL table " + table + ": row " + SHARD + ": field checkpoint \"newest\" must be");
    row("checkpoint", "TRIM_HORIZON", "ttl", "1");
    refused("--from " + table, "row " + SHARD + ": field ttl is none that the KCL");
    var ignored = command("import-kcl", "--from", table, "--ignore-field", "ttl", "--dry-run");
    assertThat(ignored.err()).isEmpty();
  }

  @Test
  void a_sequence_number_of_another_stream_is_refused_by_the_stream() throws IOException {
    put();
    row("checkpoint", "49590338271490256608559692538361571095921575989136588898");

    refused(
        "--from " + table,
        "KCL table " + table,
        "row of " + SHARD + ": field checkpoint 4959033827149025660855969253836157109592157",
        "is refused");
    assertThat(placed().startOf("shouting").toCompletableFuture().join()).isEmpty();
  }

  @Test
  void latest_needs_a_time() throws IOException {
    row("checkpoint", "LATEST");

    refused("--from " + table, "row " + SHARD + ": field checkpoint: says LATEST", "--latest-at");
    refused(
        "--from " + table + " --latest-at 2999-05-01T12:00:00Z",
        "--latest-at 2999-05-01T12:00:00Z: is yet to come");
    var wrong = command("import-kcl", "--from", table, "--latest-at", "yesterday");
    assertThat(wrong.err()).contains("\"yesterday\": must be a time such as 2026-");
    var run = command("import-kcl", "--from", table, "--latest-at", "2026-05-01T12:00:00Z");

    assertThat(run.out()).contains("LATEST -> records since 2026-05-01T12:00:00Z");
  }

  @Test
  void what_is_not_there_is_one_sentence() throws IOException {
    refused("--from absent", "--from absent: there is no such DynamoDB table");
    refused("--from " + table, "it has no leases");
    refused("--from " + table + " --function other", "--function other", "[shouting]");
    refused("--from " + table + " --stream other", "--stream other", "[words]");
    var export = command("export-kcl", "--to", table);
    assertThat(export.exitCode()).isEqualTo(2);
    assertThat(export.err()).hasLineCount(1).contains("function shouting has never run");
  }

  @Test
  void what_was_imported_may_be_exported_before_a_worker_ran() throws IOException {
    var sequence = put();
    row("checkpoint", sequence);
    command("import-kcl", "--from", table);

    var kept = command("export-kcl", "--to", table, "--json");
    var made = command("export-kcl", "--to", table + "-new");

    assertThat(kept.out()).contains("\"written\":0,\"asTheyWere\":1,\"seenAgain\":0");
    assertThat(made.out()).contains("exported: 1 rows written, 0 as they were; 0 records");
    assertThat(item(table + "-new").get("checkpoint").s()).isEqualTo(sequence);
  }

  @Test
  void the_checkpoints_of_another_stream_are_not_written_over() throws IOException {
    var sequence = put();
    row("checkpoint", sequence);
    command("import-kcl", "--from", table);
    var stranger = "49590338271490256608559692538361571095921575989136588898";
    row("checkpoint", stranger);

    var refused = command("export-kcl", "--to", table, "--force", "whatever it says");

    assertThat(refused.exitCode()).isEqualTo(2);
    assertThat(refused.err())
        .hasLineCount(1)
        .contains("KCL table " + table, "row of " + SHARD, stranger, "is refused");
    assertThat(item(table).get("checkpoint").s()).isEqualTo(stranger);
  }

  private void refused(String options, String... words) throws IOException {
    var args = new ArrayList<>(List.of("import-kcl"));
    for (var option : options.split(" ", -1)) {
      args.add(option.equals(",") ? " " : option);
    }
    var run = command(args.toArray(String[]::new));
    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err()).hasLineCount(1).contains(words);
  }

  private CommandRun command(String... args) throws IOException {
    var all = new ArrayList<>(List.of(args));
    all.add(1, yaml().toString());
    all.addAll(List.of("--watch", "100ms"));
    return CommandRun.of(all.toArray(String[]::new));
  }

  private Path yaml() throws IOException {
    return Files.writeString(
        folder.resolve("app.yaml"),
        """
        application: %s
        aws:
          kinesisEndpoint: %s
          dynamoDbEndpoint: %s
        functions:
          - class: io.headrace.console.app.Shouting
        """
            .formatted(application, aws.kinesisEndpoint(), aws.dynamoDbEndpoint()));
  }

  /** Puts a record and answers its sequence number. */
  private static String put() {
    return aws.kinesis()
        .putRecord(
            r ->
                r.streamName("words")
                    .partitionKey("key")
                    .data(SdkBytes.fromUtf8String("{\"text\":\"word\"}")))
        .join()
        .sequenceNumber();
  }

  /** A row as version 1 of the library writes it. */
  private void row(String... fields) {
    var item = new HashMap<String, AttributeValue>();
    item.put("leaseKey", AttributeValue.fromS(SHARD));
    item.put("leaseCounter", AttributeValue.fromN("17"));
    item.put("ownerSwitchesSinceCheckpoint", AttributeValue.fromN("0"));
    item.put("checkpointSubSequenceNumber", AttributeValue.fromN("0"));
    for (int i = 0; i < fields.length; i += 2) {
      item.put(fields[i], AttributeValue.fromS(fields[i + 1]));
    }
    aws.dynamoDb().putItem(p -> p.tableName(table).item(item)).join();
  }

  private static Map<String, AttributeValue> item(String table) {
    return aws.dynamoDb()
        .getItem(g -> g.tableName(table).key(Map.of("leaseKey", AttributeValue.fromS(SHARD))))
        .join()
        .item();
  }

  private PlacedProgress placed() {
    return new PlacedProgress(aws.dynamoDb(), "headrace", application);
  }

  private DynamoCheckpointStore store() {
    return new DynamoCheckpointStore(aws.dynamoDb(), "headrace", application);
  }

  private static ProgressKey key() {
    var created =
        aws.kinesis()
            .describeStreamSummary(d -> d.streamName("words"))
            .join()
            .streamDescriptionSummary()
            .streamCreationTimestamp();
    return new ProgressKey(
        new ShardKey(new StreamId("words", created), new ShardId(SHARD)), "shouting");
  }
}
