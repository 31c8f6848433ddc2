package io.headrace.checkpoint.dynamo;

import static io.headrace.checkpoint.dynamo.Attributes.text;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import software.amazon.awssdk.awscore.AwsRequestOverrideConfiguration;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.QueryRequest;

/** How requests are sent that no shard stands still for; commits have settings of their own. */
final class Requests {
  /** With the SDK's own repetitions, and not for ever. */
  static final AwsRequestOverrideConfiguration LIMITED =
      AwsRequestOverrideConfiguration.builder().apiCallTimeout(Duration.ofSeconds(10)).build();

  private Requests() {}

  /** All items of a partition, as they are now. */
  static QueryRequest partition(String table, String partition) {
    return QueryRequest.builder()
        .tableName(table)
        .keyConditionExpression("pk = :p")
        .expressionAttributeValues(Map.of(":p", text(partition)))
        .consistentRead(true)
        .overrideConfiguration(LIMITED)
        .build();
  }

  /** Tells each item that a query finds, page after page; completes behind the last. */
  static CompletableFuture<Void> pages(
      DynamoDbAsyncClient client, QueryRequest query, Consumer<Map<String, AttributeValue>> told) {
    return client
        .query(query)
        .thenCompose(
            page -> {
              page.items().forEach(told);
              return page.hasLastEvaluatedKey() && !page.lastEvaluatedKey().isEmpty()
                  ? pages(
                      client,
                      query.toBuilder().exclusiveStartKey(page.lastEvaluatedKey()).build(),
                      told)
                  : CompletableFuture.<Void>completedFuture(null);
            });
  }
}
