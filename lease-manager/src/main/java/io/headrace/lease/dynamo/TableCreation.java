package io.headrace.lease.dynamo;

import io.headrace.kcl.LeaseException;
import io.headrace.kcl.loop.Stages;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import software.amazon.awssdk.retries.api.BackoffStrategy;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeDefinition;
import software.amazon.awssdk.services.dynamodb.model.BillingMode;
import software.amazon.awssdk.services.dynamodb.model.KeySchemaElement;
import software.amazon.awssdk.services.dynamodb.model.KeyType;
import software.amazon.awssdk.services.dynamodb.model.ResourceInUseException;
import software.amazon.awssdk.services.dynamodb.model.ResourceNotFoundException;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;
import software.amazon.awssdk.services.dynamodb.model.TableDescription;
import software.amazon.awssdk.services.dynamodb.model.TableStatus;

/**
 * Makes the table if nobody did, and waits until it can be used. Many workers may do so at once.
 */
final class TableCreation {
  private static final List<KeySchemaElement> KEYS =
      List.of(
          KeySchemaElement.builder()
              .attributeName(ItemCodec.PARTITION)
              .keyType(KeyType.HASH)
              .build(),
          KeySchemaElement.builder().attributeName(ItemCodec.SORT).keyType(KeyType.RANGE).build());
  private static final Duration LOOK_EVERY = Duration.ofMillis(200);
  private static final Duration WAIT_MAX = Duration.ofMinutes(2);
  private static final int LOOKS_MAX = (int) WAIT_MAX.dividedBy(LOOK_EVERY);

  private final DynamoDbAsyncClient client;
  private final String table;
  private final boolean onDemand;

  TableCreation(DynamoDbAsyncClient client, String table, boolean onDemand) {
    this.client = client;
    this.table = table;
    this.onDemand = onDemand;
  }

  CompletionStage<Void> run() {
    return look()
        .exceptionally(
            failure -> {
              throw Failures.of(table, failure);
            });
  }

  private CompletableFuture<Void> look() {
    return client
        .describeTable(describe -> describe.tableName(table))
        .thenCompose(answer -> check(answer.table()))
        .exceptionallyCompose(
            failure ->
                Stages.causeOf(failure) instanceof ResourceNotFoundException
                    ? absent()
                    : CompletableFuture.failedFuture(failure));
  }

  private CompletableFuture<Void> absent() {
    if (onDemand) {
      return create().thenCompose(made -> untilActive());
    }
    return CompletableFuture.failedFuture(
        new LeaseException(
            "DynamoDB table "
                + table
                + " does not exist, and createTable is never: make it with: "
                + command()));
  }

  /** What the operator types to make the table. */
  private String command() {
    return "aws dynamodb create-table --table-name "
        + table
        + " --attribute-definitions AttributeName=pk,AttributeType=S"
        + " AttributeName=sk,AttributeType=S --key-schema AttributeName=pk,KeyType=HASH"
        + " AttributeName=sk,KeyType=RANGE --billing-mode PAY_PER_REQUEST";
  }

  private CompletableFuture<Void> check(TableDescription found) {
    var types =
        found.attributeDefinitions().stream()
            .collect(
                Collectors.toMap(
                    AttributeDefinition::attributeName, AttributeDefinition::attributeType));
    boolean fits =
        found.keySchema().equals(KEYS)
            && types.get(ItemCodec.PARTITION) == ScalarAttributeType.S
            && types.get(ItemCodec.SORT) == ScalarAttributeType.S;
    if (!fits) {
      throw new LeaseException(
          "DynamoDB table "
              + table
              + " has the keys "
              + keys(found, types)
              + " and a lease table has pk and sk, both strings: name another table"
              + (onDemand
                  ? ", it is made on demand"
                  : " (leases.table); this is how one is made: " + command()));
    }
    return found.tableStatus() == TableStatus.CREATING
        ? untilActive()
        : CompletableFuture.completedFuture(null);
  }

  private static String keys(TableDescription found, Map<String, ScalarAttributeType> types) {
    return found.keySchema().stream()
        .map(key -> key.attributeName() + " (" + types.get(key.attributeName()) + ")")
        .collect(Collectors.joining(", "));
  }

  private CompletableFuture<Void> create() {
    return client
        .createTable(
            create ->
                create
                    .tableName(table)
                    .keySchema(KEYS)
                    .attributeDefinitions(text(ItemCodec.PARTITION), text(ItemCodec.SORT))
                    .billingMode(BillingMode.PAY_PER_REQUEST))
        .handle(
            (made, failure) -> {
              // Another worker was quicker: its table is as good.
              if (failure != null && !(Stages.causeOf(failure) instanceof ResourceInUseException)) {
                throw new CompletionException(Stages.causeOf(failure));
              }
              return null;
            });
  }

  private static AttributeDefinition text(String name) {
    return AttributeDefinition.builder()
        .attributeName(name)
        .attributeType(ScalarAttributeType.S)
        .build();
  }

  /**
   * The SDK's own waiter looks again and again, so that no clock is read and no thread held here.
   */
  private CompletableFuture<Void> untilActive() {
    var waiter = client.waiter();
    return waiter
        .waitUntilTableExists(
            describe -> describe.tableName(table),
            wait ->
                wait.maxAttempts(LOOKS_MAX)
                    .waitTimeout(WAIT_MAX)
                    .backoffStrategyV2(BackoffStrategy.fixedDelayWithoutJitter(LOOK_EVERY)))
        .whenComplete((found, failure) -> waiter.close())
        .thenCompose(found -> look());
  }
}
