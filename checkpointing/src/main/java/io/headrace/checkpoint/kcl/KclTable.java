package io.headrace.checkpoint.kcl;

import io.headrace.checkpoint.kcl.ExportPlan.What;
import io.headrace.checkpoint.kcl.ExportPlan.Write;
import io.headrace.kcl.CheckpointException;
import io.headrace.kcl.loop.Stages;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeDefinition;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.BillingMode;
import software.amazon.awssdk.services.dynamodb.model.KeySchemaElement;
import software.amazon.awssdk.services.dynamodb.model.KeyType;
import software.amazon.awssdk.services.dynamodb.model.ResourceNotFoundException;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItem;
import software.amazon.awssdk.services.dynamodb.model.TransactionCanceledException;

/**
 * A lease table of the library in DynamoDB. Holds no state but its connection; any thread may call,
 * and stages fail with {@link CheckpointException}.
 */
public final class KclTable {
  /** What DynamoDB takes in one transaction. */
  static final int ROWS_MAX = 100;

  private final DynamoDbAsyncClient client;
  private final String table;

  /**
   * @param client stays the caller's, who closes it
   */
  public KclTable(DynamoDbAsyncClient client, String table) {
    this.client = client;
    this.table = table;
  }

  public String name() {
    return table;
  }

  /** All items; empty when there is no such table. */
  public CompletionStage<Optional<KclSnapshot>> read() {
    return read(new ArrayList<>(), Map.of())
        .thenApply(items -> Optional.of(new KclSnapshot(table, items)))
        .exceptionally(
            failure -> {
              if (Stages.causeOf(failure) instanceof ResourceNotFoundException) {
                return Optional.empty();
              }
              throw explained("be read", failure);
            });
  }

  private CompletableFuture<List<Map<String, AttributeValue>>> read(
      List<Map<String, AttributeValue>> before, Map<String, AttributeValue> from) {
    return client
        .scan(
            s ->
                s.tableName(table)
                    .consistentRead(true)
                    .exclusiveStartKey(from.isEmpty() ? null : from))
        .thenCompose(
            page -> {
              before.addAll(page.items());
              return page.hasLastEvaluatedKey() && !page.lastEvaluatedKey().isEmpty()
                  ? read(before, page.lastEvaluatedKey())
                  : CompletableFuture.completedFuture(before);
            });
  }

  /** Makes the table; the library adds its index when it starts. Fails when there is one. */
  public CompletionStage<Void> create() {
    var waiter = client.waiter();
    return client
        .createTable(
            t ->
                t.tableName(table)
                    .billingMode(BillingMode.PAY_PER_REQUEST)
                    .attributeDefinitions(
                        AttributeDefinition.builder()
                            .attributeName(KclRowReader.KEY)
                            .attributeType(ScalarAttributeType.S)
                            .build())
                    .keySchema(
                        KeySchemaElement.builder()
                            .attributeName(KclRowReader.KEY)
                            .keyType(KeyType.HASH)
                            .build()))
        .thenCompose(made -> waiter.waitUntilTableExists(d -> d.tableName(table)))
        .handle(
            (made, failure) -> {
              waiter.close();
              if (failure != null) {
                throw explained("be made", failure);
              }
              return null;
            });
  }

  /**
   * Writes rows, up to 100 at once: all of them or none. Each must be as it was read, so nothing is
   * written over a library that runs.
   */
  public CompletionStage<Void> write(List<Write> writes) {
    var changing = writes.stream().filter(write -> write.what() != What.KEPT).toList();
    CompletableFuture<Void> done = CompletableFuture.completedFuture(null);
    for (int from = 0; from < changing.size(); from += ROWS_MAX) {
      var some = changing.subList(from, Math.min(changing.size(), from + ROWS_MAX));
      done = done.thenCompose(before -> transact(some));
    }
    return done;
  }

  private CompletableFuture<Void> transact(List<Write> some) {
    return client
        .transactWriteItems(t -> t.transactItems(some.stream().map(write -> item(write)).toList()))
        .handle(
            (done, failure) -> {
              if (failure != null) {
                throw refused(some, failure);
              }
              return null;
            });
  }

  private TransactWriteItem item(Write write) {
    return write.what() == What.MADE ? made(write.row()) : changed(write.row());
  }

  private TransactWriteItem made(KclRow row) {
    return TransactWriteItem.builder()
        .put(
            p ->
                p.tableName(table)
                    .item(attributes(row))
                    .conditionExpression("attribute_not_exists(leaseKey)"))
        .build();
  }

  private TransactWriteItem changed(KclRow row) {
    var values = new HashMap<String, AttributeValue>();
    values.put(":checkpoint", text(checkpoint(row)));
    values.put(":sub", number(sub(row)));
    values.put(":zero", number(0));
    values.put(":read", number(row.counter()));
    values.put(":next", number(row.counter() + 1));
    var set =
        "SET checkpoint = :checkpoint, checkpointSubSequenceNumber = :sub,"
            + " ownerSwitchesSinceCheckpoint = :zero, leaseCounter = :next";
    if (!row.children().isEmpty()) {
      values.put(":children", texts(row.children()));
      set += ", childShardIds = :children";
    }
    var expression =
        set
            + " REMOVE leaseOwner, checkpointOwner, pendingCheckpoint,"
            + " pendingCheckpointSubSequenceNumber, pendingCheckpointState";
    return TransactWriteItem.builder()
        .update(
            u ->
                u.tableName(table)
                    .key(Map.of(KclRowReader.KEY, text(row.key())))
                    .updateExpression(expression)
                    .conditionExpression(asRead(row))
                    .expressionAttributeValues(values))
        .build();
  }

  /** Rows that the library did not write itself may lack the counter. */
  private static String asRead(KclRow row) {
    return "attribute_exists(leaseKey) AND "
        + (row.counter() == 0
            ? "(attribute_not_exists(leaseCounter) OR leaseCounter = :read)"
            : "leaseCounter = :read");
  }

  private static Map<String, AttributeValue> attributes(KclRow row) {
    var item = new HashMap<String, AttributeValue>();
    item.put(KclRowReader.KEY, text(row.key()));
    item.put(KclRowReader.TYPE, text(KclRowReader.LEASE));
    item.put(KclRowReader.COUNTER, number(0));
    item.put(KclRowReader.SWITCHES, number(0));
    item.put(KclRowReader.CHECKPOINT, text(checkpoint(row)));
    item.put(KclRowReader.SUB, number(sub(row)));
    if (!row.parents().isEmpty()) {
      item.put(KclRowReader.PARENTS, texts(row.parents()));
    }
    if (!row.children().isEmpty()) {
      item.put(KclRowReader.CHILDREN, texts(row.children()));
    }
    row.range()
        .ifPresent(
            range -> {
              item.put(KclRowReader.FIRST_HASH, text(range.first().toString()));
              item.put(KclRowReader.LAST_HASH, text(range.last().toString()));
            });
    row.stream()
        .ifPresent(
            stream -> {
              item.put(KclRowReader.STREAM, text(stream.toString()));
              item.put(KclRowReader.SHARD, text(row.shard().value()));
            });
    return item;
  }

  private static String checkpoint(KclRow row) {
    return row.checkpoint() instanceof KclCheckpoint.At at
        ? at.position().sequence().value()
        : row.checkpoint().toString();
  }

  private static long sub(KclRow row) {
    return row.checkpoint() instanceof KclCheckpoint.At at ? at.position().subSequence() : 0;
  }

  private static AttributeValue text(String value) {
    return AttributeValue.fromS(value);
  }

  private static AttributeValue texts(Collection<?> values) {
    return AttributeValue.fromSs(values.stream().map(Object::toString).sorted().toList());
  }

  private static AttributeValue number(long value) {
    return AttributeValue.fromN(Long.toString(value));
  }

  private CheckpointException refused(List<Write> some, Throwable failure) {
    if (Stages.causeOf(failure) instanceof TransactionCanceledException cancelled) {
      var reasons = cancelled.cancellationReasons();
      for (int i = 0; i < reasons.size(); i++) {
        if ("ConditionalCheckFailed".equals(reasons.get(i).code())) {
          return new CheckpointException(
              "KCL table "
                  + table
                  + ": row "
                  + some.get(i).row().key()
                  + " has changed since it was read: is the KCL running? Nothing of this"
                  + " transaction was written; run it again",
              cancelled);
        }
      }
    }
    return explained("be written", failure);
  }

  private CheckpointException explained(String what, Throwable failure) {
    var cause = Stages.causeOf(failure);
    return new CheckpointException("KCL table " + table + " can't " + what + ": " + cause, cause);
  }
}
