package io.headrace.checkpoint.dynamo;

import io.headrace.checkpoint.Answers;
import io.headrace.checkpoint.ProgressKey;
import io.headrace.kcl.MutatingClient;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeDefinition;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.BillingMode;
import software.amazon.awssdk.services.dynamodb.model.KeySchemaElement;
import software.amazon.awssdk.services.dynamodb.model.KeyType;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;
import software.amazon.dynamodb.services.local.embedded.DynamoDBEmbedded;

/** One DynamoDB Local for all tests of the JVM, with one table; each test is an application. */
final class EmbeddedTable {
  static final String NAME = "headrace";
  static final DynamoDbAsyncClient CLIENT =
      MutatingClient.around(DynamoDBEmbedded.create(true).dynamoDbAsyncClient());

  private static final AtomicInteger APPLICATIONS = new AtomicInteger();

  static {
    Answers.answer(
        CLIENT.createTable(
            t ->
                t.tableName(NAME)
                    .billingMode(BillingMode.PAY_PER_REQUEST)
                    .attributeDefinitions(List.of(text("pk"), text("sk")))
                    .keySchema(List.of(key("pk", KeyType.HASH), key("sk", KeyType.RANGE)))));
  }

  private EmbeddedTable() {}

  /** A name that no other test uses. */
  static String application() {
    return "app" + APPLICATIONS.incrementAndGet();
  }

  static Map<String, AttributeValue> keyOf(String application, ProgressKey key) {
    var pk = String.format(Locale.ROOT, "%s!L!%02d", application, key.shard().bucket());
    return Map.of("pk", AttributeValue.fromS(pk), "sk", AttributeValue.fromS(key.key()));
  }

  private static AttributeDefinition text(String name) {
    return AttributeDefinition.builder()
        .attributeName(name)
        .attributeType(ScalarAttributeType.S)
        .build();
  }

  private static KeySchemaElement key(String name, KeyType type) {
    return KeySchemaElement.builder().attributeName(name).keyType(type).build();
  }
}
