package io.headrace.harness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeDefinition;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.BillingMode;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.KeySchemaElement;
import software.amazon.awssdk.services.dynamodb.model.KeyType;
import software.amazon.awssdk.services.dynamodb.model.Put;
import software.amazon.awssdk.services.dynamodb.model.ReturnValue;
import software.amazon.awssdk.services.dynamodb.model.ReturnValuesOnConditionCheckFailure;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItem;
import software.amazon.awssdk.services.dynamodb.model.TransactionCanceledException;
import software.amazon.awssdk.services.dynamodb.model.UpdateItemRequest;

@Timeout(180)
class LocalDynamoDbTest {
  @Test
  void serves_conditional_updates_and_shows_the_item_that_refused_one() {
    try (var server = LocalDynamoDb.start()) {
      var client = server.client();
      createTable(client, "things");

      var first = client.updateItem(count("a", "attribute_not_exists(n)").build()).join();
      var refused =
          catchThrowable(
              () -> client.updateItem(count("a", "attribute_not_exists(n)").build()).join());

      assertThat(first.attributes()).containsEntry("n", AttributeValue.fromN("1"));
      assertThat(refused).isInstanceOf(CompletionException.class);
      assertThat(((ConditionalCheckFailedException) refused.getCause()).item())
          .containsEntry("n", AttributeValue.fromN("1"));
    }
  }

  @Test
  void applies_a_transaction_whole_or_not_at_all() {
    try (var server = LocalDynamoDb.start()) {
      var client = server.client();
      createTable(client, "things");
      put(client, "a", "b").join();

      var refused = catchThrowable(() -> put(client, "c", "a").join());

      assertThat(refused).hasCauseInstanceOf(TransactionCanceledException.class);
      assertThat(client.scan(scan -> scan.tableName("things")).join().items())
          .extracting(item -> item.get("pk").s())
          .containsExactlyInAnyOrder("a", "b");
    }
  }

  @Test
  void counts_right_when_many_clients_write_one_item_at_once() {
    try (var server = LocalDynamoDb.start()) {
      var client = server.client();
      createTable(client, "things");

      CompletableFuture.allOf(
              IntStream.range(0, 200)
                  .mapToObj(i -> client.updateItem(count("a", null).build()))
                  .toArray(CompletableFuture<?>[]::new))
          .join();

      var item =
          client.getItem(get -> get.tableName("things").key(key("a")).consistentRead(true)).join();
      assertThat(item.item()).containsEntry("n", AttributeValue.fromN("200"));
    }
  }

  @Test
  void two_servers_in_one_process_share_nothing() {
    try (var one = LocalDynamoDb.start();
        var other = LocalDynamoDb.start()) {
      createTable(one.client(), "things");

      assertThat(other.client().listTables().join().tableNames()).isEmpty();
      assertThat(one.endpoint()).isNotEqualTo(other.endpoint());
    }
  }

  @Test
  void a_port_that_is_in_use_is_named_in_one_sentence() throws IOException {
    try (var holder = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      int port = holder.getLocalPort();

      assertThatThrownBy(() -> LocalDynamoDb.start(port))
          .isInstanceOf(LocalServerException.class)
          .hasMessage(
              "DynamoDB Local can't listen on 127.0.0.1:"
                  + port
                  + ": the port is in use; stop what holds it or choose another port");
    }
  }

  @Test
  void a_port_that_cannot_be_is_refused_with_its_value() {
    assertThatThrownBy(() -> LocalDynamoDb.start(70_000))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("70000");
  }

  @Test
  void a_closed_server_frees_its_port_at_once_and_may_be_closed_again() {
    // Between two uses of a port another process may get it; not so often in a row.
    boolean freed = false;
    for (int tries = 0; tries < 10 && !freed; tries++) {
      freed = freesItsPort();
    }
    assertThat(freed).isTrue();
  }

  private static boolean freesItsPort() {
    var first = LocalDynamoDb.start();
    int port = first.endpoint().getPort();
    first.client().listTables().join();
    first.close();
    first.close();

    try (var second = LocalDynamoDb.start(port)) {
      assertThat(second.client().listTables().join().tableNames()).isEmpty();
      return true;
    } catch (LocalServerException taken) {
      return false;
    }
  }

  @Test
  void answers_on_127_0_0_1_and_on_no_other_address() throws IOException {
    try (var server = LocalDynamoDb.start();
        var elsewhere = new Socket()) {
      var other = new InetSocketAddress("127.0.0.2", server.endpoint().getPort());

      assertThatThrownBy(() -> elsewhere.connect(other, 500)).isInstanceOf(IOException.class);
      assertThat(server.endpoint().getHost()).isEqualTo("127.0.0.1");
    }
  }

  @Test
  void nothing_that_reports_usage_is_on_the_class_path() {
    for (var name :
        List.of(
            "software.amazon.awssdk.services.pinpoint.PinpointClient",
            "software.amazon.awssdk.services.cognitoidentity.CognitoIdentityClient")) {
      assertThatThrownBy(() -> Class.forName(name)).isInstanceOf(ClassNotFoundException.class);
    }
  }

  /** Run as a process of its own: it must print nothing and end by itself. */
  static final class StartUseClose {
    public static void main(String[] args) {
      try (var server = LocalDynamoDb.start()) {
        createTable(server.client(), "things");
        put(server.client(), "a").join();
        // An error of the service is an answer, not a reason to print.
        assertThatThrownBy(() -> put(server.client(), "a").join());
        assertThatThrownBy(() -> createTable(server.client(), "things"));
      }
    }
  }

  @Test
  void prints_nothing_and_leaves_no_thread_that_keeps_the_process_alive() throws Exception {
    var run = JavaProcess.run(StartUseClose.class);

    assertThat(run.output()).isEmpty();
    assertThat(run.exitCode()).isZero();
  }

  private static void createTable(DynamoDbAsyncClient client, String name) {
    client
        .createTable(
            create ->
                create
                    .tableName(name)
                    .billingMode(BillingMode.PAY_PER_REQUEST)
                    .keySchema(
                        KeySchemaElement.builder()
                            .attributeName("pk")
                            .keyType(KeyType.HASH)
                            .build())
                    .attributeDefinitions(
                        AttributeDefinition.builder()
                            .attributeName("pk")
                            .attributeType(ScalarAttributeType.S)
                            .build()))
        .join();
  }

  private static UpdateItemRequest.Builder count(String key, String condition) {
    return UpdateItemRequest.builder()
        .tableName("things")
        .key(key(key))
        .updateExpression("ADD n :one")
        .conditionExpression(condition)
        .expressionAttributeValues(Map.of(":one", AttributeValue.fromN("1")))
        .returnValues(ReturnValue.ALL_NEW)
        .returnValuesOnConditionCheckFailure(ReturnValuesOnConditionCheckFailure.ALL_OLD);
  }

  private static CompletableFuture<?> put(DynamoDbAsyncClient client, String... keys) {
    var writes =
        List.of(keys).stream()
            .map(
                k ->
                    TransactWriteItem.builder()
                        .put(
                            Put.builder()
                                .tableName("things")
                                .item(key(k))
                                .conditionExpression("attribute_not_exists(pk)")
                                .build())
                        .build())
            .toList();
    return client.transactWriteItems(write -> write.transactItems(writes));
  }

  private static Map<String, AttributeValue> key(String value) {
    return Map.of("pk", AttributeValue.fromS(value));
  }
}
