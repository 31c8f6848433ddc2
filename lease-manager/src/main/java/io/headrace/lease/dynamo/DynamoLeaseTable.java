package io.headrace.lease.dynamo;

import io.headrace.kcl.LeaseException;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StreamId;
import io.headrace.kcl.loop.Stages;
import io.headrace.lease.ApplicationItem;
import io.headrace.lease.Book;
import io.headrace.lease.LeaseItem;
import io.headrace.lease.LeaseRow;
import io.headrace.lease.LeaseTable;
import io.headrace.lease.Roll;
import io.headrace.lease.RosterPart;
import io.headrace.lease.Stored;
import io.headrace.lease.Survey;
import io.headrace.lease.UnreadableItemException;
import io.headrace.lease.WorkerItem;
import io.headrace.lease.Written;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.AwsRequestOverrideConfiguration;
import software.amazon.awssdk.core.SdkPlugin;
import software.amazon.awssdk.retries.DefaultRetryStrategy;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.DynamoDbServiceClientConfiguration;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.DeleteItemRequest;
import software.amazon.awssdk.services.dynamodb.model.PutItemRequest;
import software.amazon.awssdk.services.dynamodb.model.QueryRequest;
import software.amazon.awssdk.services.dynamodb.model.ReturnValuesOnConditionCheckFailure;
import software.amazon.awssdk.services.dynamodb.model.UpdateItemRequest;

/**
 * A lease table in DynamoDB: one table, keys {@code pk} and {@code sk}, no index, no scan. Several
 * applications may share it, and the progress of their functions lies in it too. Any thread may
 * call; the client stays the caller's and is not closed here.
 *
 * <p>Every request is sent once: a write that is sent again by itself could not tell a lost answer
 * from a lost race.
 */
public final class DynamoLeaseTable implements LeaseTable {
  /** After so long a request counts as failed, though a write may still be applied. */
  private static final Duration REQUEST_LIMIT = Duration.ofSeconds(5);

  private static final SdkPlugin SENT_ONCE =
      config -> {
        if (config instanceof DynamoDbServiceClientConfiguration.Builder builder) {
          builder.overrideConfiguration(
              builder.overrideConfiguration().toBuilder()
                  .retryStrategy(DefaultRetryStrategy.doNotRetry())
                  .build());
        }
      };
  private static final AwsRequestOverrideConfiguration ONCE =
      AwsRequestOverrideConfiguration.builder()
          .apiCallTimeout(REQUEST_LIMIT)
          .addPlugin(SENT_ONCE)
          .build();

  private final DynamoDbAsyncClient client;
  private final String table;
  private final boolean onDemand;
  private final Complaints complaints = new Complaints();

  /**
   * @param table its name; made on demand by {@link #prepare}
   */
  public DynamoLeaseTable(DynamoDbAsyncClient client, String table) {
    this(client, table, true);
  }

  /**
   * @param onDemand whether {@link #prepare} makes the table where there is none; otherwise it
   *     fails and says how to make it
   */
  public DynamoLeaseTable(DynamoDbAsyncClient client, String table, boolean onDemand) {
    this.client = Objects.requireNonNull(client, "client");
    this.table = Objects.requireNonNull(table, "table");
    this.onDemand = onDemand;
  }

  @Override
  public String name() {
    return "DynamoDB table " + table;
  }

  @Override
  public CompletionStage<Void> prepare() {
    return new TableCreation(client, table, onDemand).run();
  }

  @Override
  public CompletionStage<Optional<Stored<ApplicationItem>>> application(String application) {
    return get(Codecs.APPLICATION, application + "!A", "-");
  }

  @Override
  public CompletionStage<Roll> roll(String application) {
    return query(application + "!W", null, false)
        .thenApply(
            items ->
                new Roll(
                    complaints.readable(
                        Codecs.WORKER,
                        table,
                        items.stream().filter(item -> !isNotice(item)).toList()),
                    items.stream()
                        .filter(DynamoLeaseTable::isNotice)
                        .map(item -> Codecs.NOTICE.read(table, item))
                        .findFirst()));
  }

  /** Worker ids hold no '!'. */
  private static boolean isNotice(Map<String, AttributeValue> item) {
    return text(item, ItemCodec.SORT).indexOf('!') >= 0;
  }

  @Override
  public CompletionStage<Survey<WorkerItem>> surveyWorkers(String application) {
    return query(application + "!W", null, true)
        .thenApply(
            items ->
                survey(Codecs.WORKER, items.stream().filter(item -> !isNotice(item)).toList()));
  }

  private <T extends LeaseItem> Survey<T> survey(
      ItemCodec<T> codec, List<Map<String, AttributeValue>> items) {
    var found = new ArrayList<Stored<T>>();
    var faults = new ArrayList<String>();
    for (var item : items) {
      try {
        found.add(codec.read(table, item));
      } catch (LeaseException unreadable) {
        faults.add(String.valueOf(unreadable.getMessage()));
      }
    }
    return new Survey<>(found, faults);
  }

  @Override
  public CompletionStage<Optional<Stored<WorkerItem>>> worker(String application, String workerId) {
    return get(Codecs.WORKER, application + "!W", workerId);
  }

  @Override
  public CompletionStage<Optional<Stored<Book>>> book(String application, String workerId) {
    return get(Codecs.BOOK, application + "!H", workerId);
  }

  @Override
  public CompletionStage<List<Stored<RosterPart>>> roster(String application, StreamId stream) {
    return query(application + "!R", stream.key() + "#", true)
        .thenApply(
            items ->
                complaints.readable(Codecs.ROSTER, table, items).stream()
                    .sorted(Comparator.comparingInt(part -> part.item().part()))
                    .toList());
  }

  @Override
  public CompletionStage<Optional<Stored<LeaseRow>>> lease(String application, ShardKey shard) {
    return get(Codecs.LEASE, bucket(application, shard.bucket()), shard.key());
  }

  @Override
  public CompletionStage<List<Stored<LeaseRow>>> leases(String application, int bucket) {
    return query(bucket(application, Objects.checkIndex(bucket, ShardKey.BUCKETS)), null, true)
        .thenApply(
            items ->
                complaints.readable(
                    Codecs.LEASE,
                    table,
                    items.stream()
                        // Progress lies beside the leases; its keys have a '!' and a function.
                        .filter(item -> text(item, ItemCodec.SORT).indexOf('!') < 0)
                        .toList()));
  }

  @Override
  public CompletionStage<Survey<LeaseRow>> surveyLeases(String application, int bucket) {
    return query(bucket(application, Objects.checkIndex(bucket, ShardKey.BUCKETS)), null, true)
        .thenApply(
            items ->
                survey(
                    Codecs.LEASE,
                    items.stream()
                        .filter(item -> text(item, ItemCodec.SORT).indexOf('!') < 0)
                        .toList()));
  }

  private static String bucket(String application, int bucket) {
    return "%s!L!%02d".formatted(application, bucket);
  }

  private static String text(Map<String, AttributeValue> item, String name) {
    return Objects.requireNonNull(item.get(name), name).s();
  }

  @Override
  public <T extends LeaseItem> CompletionStage<Written<T>> create(
      String application, T item, String nonce) {
    var codec = Codecs.of(item);
    var attributes = new LinkedHashMap<>(codec.write(item));
    attributes.putAll(key(item.partition(application), item.sort()));
    attributes.put(ItemCodec.FORMAT_OF, number(ItemCodec.FORMAT));
    attributes.put(ItemCodec.LEAST_READER, number(ItemCodec.FORMAT));
    attributes.put(ItemCodec.NONCE, AttributeValue.fromS(nonce));
    attributes.put(ItemCodec.REVISION, number(1));
    attributes.put(ItemCodec.TOKEN, AttributeValue.fromS(nonce));
    var request =
        PutItemRequest.builder()
            .tableName(table)
            .item(attributes)
            .conditionExpression("attribute_not_exists(pk)")
            .returnValuesOnConditionCheckFailure(ReturnValuesOnConditionCheckFailure.ALL_OLD)
            .overrideConfiguration(ONCE)
            .build();
    return client
        .putItem(request)
        .handle(
            (done, failure) ->
                failure == null
                    ? new Written.Applied<>(new Stored<>(item, nonce, 1, nonce))
                    : settle(codec, nonce, failure));
  }

  @Override
  public <T extends LeaseItem> CompletionStage<Written<T>> update(
      String application, Stored<T> seen, T next, String writeToken) {
    var now = new Stored<>(next, seen.nonce(), seen.revision() + 1, writeToken);
    var condition = Map.of(":seen", number(seen.revision()));
    return replace(application, now, "#v = :seen", condition);
  }

  @Override
  public <T extends LeaseItem> CompletionStage<Boolean> delete(String application, Stored<T> seen) {
    var request =
        DeleteItemRequest.builder()
            .tableName(table)
            .key(key(seen.item().partition(application), seen.item().sort()))
            .conditionExpression("attribute_not_exists(pk) OR (#n = :n AND #v = :v)")
            .expressionAttributeNames(Map.of("#n", ItemCodec.NONCE, "#v", ItemCodec.REVISION))
            .expressionAttributeValues(
                Map.of(":n", AttributeValue.fromS(seen.nonce()), ":v", number(seen.revision())))
            .overrideConfiguration(ONCE)
            .build();
    return client
        .deleteItem(request)
        .handle(
            (done, failure) -> {
              if (failure == null) {
                return true;
              }
              if (Stages.causeOf(failure) instanceof ConditionalCheckFailedException) {
                return false;
              }
              throw Failures.of(table, failure);
            });
  }

  @Override
  public CompletionStage<Written<WorkerItem>> beat(
      String application,
      Stored<WorkerItem> seen,
      WorkerItem next,
      long revision,
      String writeToken) {
    var now = new Stored<>(next, seen.nonce(), revision, writeToken);
    // A worker that is dead or was replaced stays so: its life and a living state are demanded.
    return replace(
        application, now, "#v < :v AND #i = :i AND #s IN (:active, :leaving)", Codecs.LIVING);
  }

  /**
   * Replaces an item of the same creation. Names the known attributes only, so that others stay;
   * the equal nonce demands that the item exists.
   *
   * @param condition beside the nonce; may name the attributes and the values that are written
   */
  private <T extends LeaseItem> CompletionStage<Written<T>> replace(
      String application,
      Stored<T> now,
      String condition,
      Map<String, AttributeValue> conditionValues) {
    var codec = Codecs.of(now.item());
    var written = new LinkedHashMap<>(codec.write(now.item()));
    written.put(ItemCodec.REVISION, number(now.revision()));
    written.put(ItemCodec.TOKEN, AttributeValue.fromS(now.writeToken()));
    var removed = new ArrayList<>(codec.attributes());
    removed.removeAll(written.keySet());
    var names = new LinkedHashMap<String, String>();
    var values = new LinkedHashMap<String, AttributeValue>(conditionValues);
    var sets = new ArrayList<String>();
    written.forEach(
        (name, value) -> {
          names.put("#" + name, name);
          values.put(":" + name, value);
          sets.add("#" + name + " = :" + name);
        });
    removed.forEach(name -> names.put("#" + name, name));
    names.put("#" + ItemCodec.NONCE, ItemCodec.NONCE);
    values.put(":" + ItemCodec.NONCE, AttributeValue.fromS(now.nonce()));
    var expression = "SET " + String.join(", ", sets);
    if (!removed.isEmpty()) {
      expression += " REMOVE " + String.join(", ", removed.stream().map(n -> "#" + n).toList());
    }
    var request =
        UpdateItemRequest.builder()
            .tableName(table)
            .key(key(now.item().partition(application), now.item().sort()))
            .updateExpression(expression)
            .conditionExpression("#n = :n AND " + condition)
            .expressionAttributeNames(names)
            .expressionAttributeValues(values)
            .returnValuesOnConditionCheckFailure(ReturnValuesOnConditionCheckFailure.ALL_OLD)
            .overrideConfiguration(ONCE)
            .build();
    return client
        .updateItem(request)
        .handle(
            (done, failure) ->
                failure == null
                    ? new Written.Applied<>(now)
                    : settle(codec, now.writeToken(), failure));
  }

  /** A failed condition is read: our own token means that a former copy of the write was first. */
  private <T extends LeaseItem> Written<T> settle(
      ItemCodec<T> codec, String writeToken, Throwable failure) {
    var cause = Stages.causeOf(failure);
    if (!(cause instanceof ConditionalCheckFailedException refused)) {
      throw Failures.of(table, cause);
    }
    if (!refused.hasItem() || refused.item().isEmpty()) {
      return new Written.Refused<>(null);
    }
    try {
      var found = codec.read(table, refused.item());
      return found.writeToken().equals(writeToken)
          ? new Written.Applied<>(found)
          : new Written.Refused<>(found);
    } catch (UnreadableItemException unreadable) {
      // It is certain that nothing was written, and that nothing will be while it lies there so.
      complaints.tell(unreadable);
      return new Written.Refused<>(null);
    }
  }

  private <T extends LeaseItem> CompletionStage<Optional<Stored<T>>> get(
      ItemCodec<T> codec, String partition, String sort) {
    return client
        .getItem(
            get ->
                get.tableName(table)
                    .key(key(partition, sort))
                    .consistentRead(true)
                    .overrideConfiguration(ONCE))
        .handle(
            (answer, failure) -> {
              if (failure != null) {
                throw Failures.of(table, failure);
              }
              return answer.hasItem()
                  ? Optional.of(codec.read(table, answer.item()))
                  : Optional.empty();
            });
  }

  private CompletionStage<List<Map<String, AttributeValue>>> query(
      String partition, @Nullable String prefix, boolean strong) {
    var values = new LinkedHashMap<String, AttributeValue>();
    values.put(":p", AttributeValue.fromS(partition));
    var condition = "pk = :p";
    if (prefix != null) {
      values.put(":s", AttributeValue.fromS(prefix));
      condition += " AND begins_with(sk, :s)";
    }
    var request =
        QueryRequest.builder()
            .tableName(table)
            .keyConditionExpression(condition)
            .expressionAttributeValues(values)
            .consistentRead(strong)
            .overrideConfiguration(ONCE)
            .build();
    return pages(request, new ArrayList<>())
        .exceptionally(
            failure -> {
              throw Failures.of(table, failure);
            });
  }

  /** A partition of workers, roster parts or one bucket is a few pages; their number bounds it. */
  private CompletableFuture<List<Map<String, AttributeValue>>> pages(
      QueryRequest request, List<Map<String, AttributeValue>> before) {
    return client
        .query(request)
        .thenCompose(
            page -> {
              before.addAll(page.items());
              return page.hasLastEvaluatedKey() && !page.lastEvaluatedKey().isEmpty()
                  ? pages(
                      request.toBuilder().exclusiveStartKey(page.lastEvaluatedKey()).build(),
                      before)
                  : CompletableFuture.completedFuture(before);
            });
  }

  private static Map<String, AttributeValue> key(String partition, String sort) {
    return Map.of(
        ItemCodec.PARTITION,
        AttributeValue.fromS(partition),
        ItemCodec.SORT,
        AttributeValue.fromS(sort));
  }

  private static AttributeValue number(long value) {
    return AttributeValue.fromN(Long.toString(value));
  }
}
