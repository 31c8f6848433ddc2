package io.headrace.checkpoint.dynamo;

import static io.headrace.checkpoint.dynamo.Attributes.number;
import static io.headrace.checkpoint.dynamo.Attributes.text;

import io.headrace.checkpoint.EffectStore;
import io.headrace.kcl.CheckpointException;
import io.headrace.kcl.loop.Stages;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.ResourceNotFoundException;
import software.amazon.awssdk.services.dynamodb.model.ReturnValuesOnConditionCheckFailure;
import software.amazon.awssdk.services.dynamodb.model.UpdateItemRequest;

/**
 * Effects in the table of the application: an item each, one conditional write for the claim and
 * one for the result. They carry their expiry in the attribute {@code ttl}, as seconds since 1970:
 * where DynamoDB's time to live is switched on for it, they go by themselves, and stay otherwise.
 * Thread-safe.
 */
public final class DynamoEffectStore implements EffectStore {
  private static final String TOKEN = "tok";
  private static final String RESULT = "res";
  private static final String EXPIRES = "ttl";

  private static final String MAY_CLAIM =
      "attribute_not_exists(#res) AND (attribute_not_exists(#tok) OR #tok <= :tok)";

  private final DynamoDbAsyncClient client;
  private final String table;
  private final String application;

  /**
   * Effects in a table that exists.
   *
   * @param client stays the caller's, who closes it
   * @param application not empty, without {@code !}
   */
  public DynamoEffectStore(DynamoDbAsyncClient client, String table, String application) {
    this.client = Objects.requireNonNull(client, "client");
    this.table = Objects.requireNonNull(table, "table");
    this.application = Objects.requireNonNull(application, "application");
  }

  @Override
  public CompletionStage<Claim> claim(Key key, long token, Instant expires) {
    var values = values(token, expires);
    return update(key, "SET #tok = :tok, #ttl = :ttl, #r = :r, #f = :f", values)
        .thenApply(refusedBy -> refusedBy.isEmpty() ? new Claim.Granted() : found(refusedBy));
  }

  @Override
  public CompletionStage<Claim> record(Key key, long token, byte[] result, Instant expires) {
    EffectStore.requireResult(result);
    var values = values(token, expires);
    values.put(":res", AttributeValue.fromB(SdkBytes.fromByteArray(result)));
    return update(key, "SET #tok = :tok, #ttl = :ttl, #r = :r, #f = :f, #res = :res", values)
        .thenApply(
            refusedBy -> refusedBy.isEmpty() ? new Claim.Recorded(result) : found(refusedBy));
  }

  private static Claim found(Map<String, AttributeValue> item) {
    var result = item.get(RESULT);
    return result != null
        ? new Claim.Recorded(result.b().asByteArray())
        : new Claim.Superseded(Attributes.longOf(item, TOKEN));
  }

  private static Map<String, AttributeValue> values(long token, Instant expires) {
    var values = new HashMap<String, AttributeValue>();
    values.put(":tok", number(token));
    values.put(":ttl", number(expires.getEpochSecond()));
    values.put(":r", number(Attributes.ANY_READER));
    values.put(":f", number(Attributes.FORMAT));
    return values;
  }

  /** Answers the item that refused the write; empty when it stands. */
  private CompletableFuture<Map<String, AttributeValue>> update(
      Key key, String expression, Map<String, AttributeValue> values) {
    var names = new HashMap<String, String>();
    names.put("#tok", TOKEN);
    names.put("#ttl", EXPIRES);
    names.put("#res", RESULT);
    names.put("#r", Attributes.LEAST_READER);
    names.put("#f", Attributes.FORMAT_NUMBER);
    var request =
        UpdateItemRequest.builder()
            .tableName(table)
            .key(Map.of("pk", text(application + "!E!" + key.record()), "sk", text(key.effect())))
            .updateExpression(expression)
            .conditionExpression(MAY_CLAIM)
            .expressionAttributeNames(names)
            .expressionAttributeValues(values)
            .returnValuesOnConditionCheckFailure(ReturnValuesOnConditionCheckFailure.ALL_OLD)
            .overrideConfiguration(Requests.LIMITED)
            .build();
    return client
        .updateItem(request)
        .thenApply(done -> Map.<String, AttributeValue>of())
        .exceptionally(
            thrown -> {
              var cause = Stages.causeOf(thrown);
              if (cause instanceof ConditionalCheckFailedException refused && refused.hasItem()) {
                return refused.item();
              }
              throw cause instanceof ResourceNotFoundException
                  ? new CheckpointException("DynamoDB table " + table + " does not exist", cause)
                  : new CheckpointException(
                      "effect "
                          + key.record()
                          + " "
                          + key.effect()
                          + " in DynamoDB table "
                          + table
                          + ": "
                          + cause.getMessage(),
                      cause);
            });
  }
}
