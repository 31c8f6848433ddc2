package io.headrace.lease.dynamo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import io.headrace.kcl.Incarnation;
import io.headrace.kcl.LeaseException;
import io.headrace.kcl.ShardId;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StreamId;
import io.headrace.lease.LeaseRow;
import io.headrace.lease.LeaseTable;
import io.headrace.lease.LeaseTableContract;
import io.headrace.lease.Notice;
import io.headrace.lease.Stored;
import io.headrace.lease.TestItems;
import io.headrace.lease.Written;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeDefinition;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.KeySchemaElement;
import software.amazon.awssdk.services.dynamodb.model.KeyType;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;

class DynamoLeaseTableTest extends LeaseTableContract {
  private static final ShardKey SHARD =
      new ShardKey(new StreamId("orders", Instant.EPOCH), new ShardId("shardId-000000000000"));
  private static final Incarnation ANN = new Incarnation("ann", "1");

  private final DynamoDbAsyncClient client = EmbeddedDynamo.client();
  private final String name = EmbeddedDynamo.newTableName();

  @Override
  protected LeaseTable newTable() {
    return new DynamoLeaseTable(client, name);
  }

  private static LeaseRow row() {
    return TestItems.free(SHARD);
  }

  private Stored<LeaseRow> created() {
    var written = await(newTable().create("app", row(), "n1"));
    return ((Written.Applied<LeaseRow>) written).now();
  }

  private Map<String, AttributeValue> key() {
    return Map.of(
        "pk", AttributeValue.fromS(row().partition("app")),
        "sk", AttributeValue.fromS(SHARD.key()));
  }

  @Test
  void a_missing_table_that_must_not_be_made_is_an_error_that_says_how_to_make_it() {
    var absent = EmbeddedDynamo.newTableName();

    assertThatThrownBy(() -> await(new DynamoLeaseTable(client, absent, false).prepare()))
        .isInstanceOf(LeaseException.class)
        .hasMessage(
            "DynamoDB table "
                + absent
                + " does not exist, and createTable is never: make it with: aws dynamodb"
                + " create-table --table-name "
                + absent
                + " --attribute-definitions AttributeName=pk,AttributeType=S"
                + " AttributeName=sk,AttributeType=S --key-schema AttributeName=pk,KeyType=HASH"
                + " AttributeName=sk,KeyType=RANGE --billing-mode PAY_PER_REQUEST");
    assertThat(client.listTables().join().tableNames()).doesNotContain(absent);
    await(new DynamoLeaseTable(client, absent).prepare());
    await(new DynamoLeaseTable(client, absent, false).prepare());
  }

  @Test
  void a_row_that_was_edited_by_hand_is_named_to_operators_and_hides_no_other() {
    var table = newTable();
    await(table.prepare());
    created();
    client
        .updateItem(
            update ->
                update
                    .tableName(name)
                    .key(key())
                    .updateExpression("SET e = :e, y = :y")
                    .expressionAttributeValues(
                        Map.of(
                            ":e", AttributeValue.fromS("first"),
                            ":y", AttributeValue.fromS("no reason"))))
        .join();
    await(table.create("app", new Notice(1), "n"));

    var survey = await(table.surveyLeases("app", SHARD.bucket()));

    assertThat(survey.found()).isEmpty();
    assertThat(survey.faults()).hasSize(1);
    assertThat(survey.faults().get(0)).contains("attribute e of item", SHARD.key());
    assertThat(await(table.surveyWorkers("app")).faults()).isEmpty();
  }

  @Test
  void many_workers_may_make_the_table_at_once() {
    var fresh = EmbeddedDynamo.newTableName();

    var made =
        IntStream.range(0, 8).mapToObj(i -> new DynamoLeaseTable(client, fresh).prepare()).toList();

    made.forEach(LeaseTableContract::await);
    assertThat(await(new DynamoLeaseTable(client, fresh).workers("app"))).isEmpty();
  }

  @Test
  void a_table_with_other_keys_is_refused_by_name() {
    var wrong = EmbeddedDynamo.newTableName();
    client
        .createTable(
            create ->
                create
                    .tableName(wrong)
                    .keySchema(
                        KeySchemaElement.builder()
                            .attributeName("leaseKey")
                            .keyType(KeyType.HASH)
                            .build())
                    .attributeDefinitions(
                        AttributeDefinition.builder()
                            .attributeName("leaseKey")
                            .attributeType(ScalarAttributeType.S)
                            .build())
                    .billingMode("PAY_PER_REQUEST"))
        .join();

    assertThatThrownBy(() -> await(new DynamoLeaseTable(client, wrong).prepare()))
        .isInstanceOf(LeaseException.class)
        .hasMessage(
            "DynamoDB table "
                + wrong
                + " has the keys leaseKey (S) and a lease table has pk and sk, both strings: name"
                + " another table, it is made on demand");
  }

  @Test
  void an_item_for_newer_readers_is_refused_by_name() {
    created();
    client
        .updateItem(
            update ->
                update
                    .tableName(name)
                    .key(key())
                    .updateExpression("SET #r = :r")
                    .expressionAttributeNames(Map.of("#r", "r"))
                    .expressionAttributeValues(Map.of(":r", AttributeValue.fromN("2"))))
        .join();

    assertThatThrownBy(() -> await(newTable().lease("app", SHARD)))
        .isInstanceOf(LeaseException.class)
        .hasMessageContaining(SHARD.key())
        .hasMessageContaining("format 2")
        .hasMessageContaining("newer Headrace");
  }

  @Test
  void attributes_of_a_newer_version_survive_an_update() {
    var made = created();
    client
        .updateItem(
            update ->
                update
                    .tableName(name)
                    .key(key())
                    .updateExpression("SET tomorrow = :x, f = :f")
                    .expressionAttributeValues(
                        Map.of(
                            ":x", AttributeValue.fromS("kept"), ":f", AttributeValue.fromN("2"))))
        .join();

    await(newTable().update("app", made, TestItems.owned(made.item(), ANN), "t2"));

    var raw = client.getItem(get -> get.tableName(name).key(key())).join().item();
    assertThat(raw).containsEntry("tomorrow", AttributeValue.fromS("kept"));
    assertThat(raw).containsEntry("f", AttributeValue.fromN("2"));
    assertThat(raw).containsEntry("o", AttributeValue.fromS("ann#1"));
  }

  @Test
  void progress_beside_the_leases_is_left_alone() {
    var made = created();
    client
        .putItem(
            put ->
                put.tableName(name)
                    .item(
                        Map.of(
                            "pk", AttributeValue.fromS(row().partition("app")),
                            "sk", AttributeValue.fromS(SHARD.key() + "!count"))))
        .join();

    assertThat(await(newTable().leases("app", SHARD.bucket()))).containsExactly(made);
  }

  @Test
  void an_attribute_edited_by_hand_is_named() {
    created();
    client
        .updateItem(
            update ->
                update
                    .tableName(name)
                    .key(key())
                    .updateExpression("SET e = :e")
                    .expressionAttributeValues(Map.of(":e", AttributeValue.fromS("many"))))
        .join();

    assertThatThrownBy(() -> await(newTable().lease("app", SHARD)))
        .isInstanceOf(LeaseException.class)
        .hasMessageContaining("attribute e of item app!L!")
        .hasMessageContaining(name);
  }

  @Test
  void a_missing_table_is_named() {
    assertThatThrownBy(() -> await(new DynamoLeaseTable(client, "no-such").workers("app")))
        .isInstanceOf(LeaseException.class)
        .hasMessageContaining("table no-such")
        .hasMessageContaining("does not exist");
  }

  @Test
  void a_query_reads_all_pages() {
    // 1 MB is the most that one page holds: 60 tombstones of some 25 KB need two.
    var table = newTable();
    var heirs =
        IntStream.range(0, 500)
            .mapToObj(i -> new Incarnation("heir-" + i, "x".repeat(40)))
            .toList();
    for (int i = 0; i < 60; i++) {
      var self = new Incarnation("w" + i, "1");
      var item = TestItems.buried(self, heirs);
      await(table.create("app", item, "n" + i));
    }

    assertThat(await(table.workers("app"))).hasSize(60);
  }

  @Test
  void a_heartbeat_item_stays_below_250_bytes() {
    var self = new Incarnation("ip-10-0-112-201.ec2", "0123456789abcdef");
    await(newTable().create("clickstream-app", TestItems.full(self), "n".repeat(16)));

    var raw =
        client
            .getItem(
                get ->
                    get.tableName(name)
                        .key(
                            Map.of(
                                "pk", AttributeValue.fromS("clickstream-app!W"),
                                "sk", AttributeValue.fromS(self.workerId()))))
            .join()
            .item();
    int bytes =
        raw.entrySet().stream()
            .mapToInt(
                entry ->
                    entry.getKey().length()
                        + (entry.getValue().s() == null
                            ? entry.getValue().n().length()
                            : entry.getValue().s().length()))
            .sum();
    assertThat(bytes).isLessThanOrEqualTo(250);
  }

  @Test
  void an_unreachable_table_is_one_plain_sentence() throws IOException {
    // A port that is taken, so that nobody else gets it, and at which nobody listens.
    try (var taken = new Socket()) {
      taken.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      try (var real = real(taken.getLocalPort())) {
        assertThatThrownBy(() -> await(new DynamoLeaseTable(real, "t1").prepare()))
            .isInstanceOf(LeaseException.class)
            .hasMessageStartingWith(
                "DynamoDB table t1: it can't be reached, check region, endpoint");
      }
    }
  }

  @Test
  void every_request_is_sent_once_by_a_client_that_retries() throws IOException {
    var requests = new AtomicInteger();
    var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          exchange.getRequestBody().readAllBytes();
          exchange.sendResponseHeaders(requests.getAndIncrement() == 0 ? 200 : 500, -1);
          exchange.close();
        });
    server.start();
    try (var real = real(server.getAddress().getPort())) {
      // Without a limit, as a first request has the client's classes loaded and may take seconds.
      real.listTables().join();
      var table = new DynamoLeaseTable(real, "t1");
      var seen = new Stored<>(row(), "n1", 1, "n1");
      for (var call :
          List.of(
              table.create("app", row(), "n1"),
              table.update("app", seen, TestItems.owned(row(), ANN), "t2"),
              table.lease("app", SHARD),
              table.workers("app"))) {
        assertThatThrownBy(() -> await(call)).isInstanceOf(LeaseException.class);
      }
      assertThat(requests).hasValue(1 + 4);
    } finally {
      server.stop(0);
    }
  }

  private static DynamoDbAsyncClient real(int port) {
    return DynamoDbAsyncClient.builder()
        .endpointOverride(URI.create("http://127.0.0.1:" + port))
        .region(Region.US_EAST_1)
        .credentialsProvider(
            StaticCredentialsProvider.create(AwsBasicCredentials.create("none", "none")))
        .build();
  }
}
