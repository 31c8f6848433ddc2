package io.headrace.checkpoint.dynamo;

import static io.headrace.checkpoint.dynamo.Attributes.number;
import static io.headrace.checkpoint.dynamo.Attributes.text;

import io.headrace.checkpoint.FunctionRegister;
import io.headrace.checkpoint.OperatorStore;
import io.headrace.checkpoint.Order;
import io.headrace.checkpoint.Orders;
import io.headrace.checkpoint.ProgressItem;
import io.headrace.checkpoint.ProgressKey;
import io.headrace.checkpoint.ProgressRow;
import io.headrace.kcl.CheckpointException;
import io.headrace.kcl.CommitParts;
import io.headrace.kcl.Progress;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StartingPosition;
import io.headrace.kcl.loop.Stages;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.ResourceNotFoundException;

/**
 * The operator's side of the table: orders lie in one partition of the application, progress beside
 * the lease rows. Every read is consistent. Thread-safe.
 */
public final class DynamoOperatorStore implements OperatorStore {
  private final DynamoDbAsyncClient client;
  private final String table;
  private final String application;

  /**
   * @param client stays the caller's, who closes it
   * @param application not empty, without {@code !}
   */
  public DynamoOperatorStore(DynamoDbAsyncClient client, String table, String application) {
    this.client = Objects.requireNonNull(client, "client");
    this.table = Objects.requireNonNull(table, "table");
    this.application = Objects.requireNonNull(application, "application");
  }

  @Override
  public FunctionRegister functions() {
    return new DynamoFunctionRegister(client, table, application);
  }

  /** Where there is no table yet nobody has ordered anything. */
  @Override
  public CompletionStage<Orders> orders() {
    return query(application + "!O")
        .thenApply(this::toOrders)
        .exceptionally(
            thrown -> {
              if (Stages.causeOf(thrown) instanceof ResourceNotFoundException) {
                return Orders.NONE;
              }
              throw explained("orders " + application + "!O", thrown);
            });
  }

  private Orders toOrders(List<Map<String, AttributeValue>> items) {
    var given = new ArrayList<Order>();
    var faults = new ArrayList<String>();
    long number = 0;
    for (var item : items) {
      try {
        given.add(OrderItems.read(item));
      } catch (IllegalArgumentException | DateTimeParseException malformed) {
        faults.add(fault("order", item, malformed));
        number = Math.max(number, OrderItems.number(keyText(item, "sk")));
      }
    }
    return new Orders(given, faults, number);
  }

  @Override
  public CompletionStage<Boolean> give(Order order) {
    var item = new LinkedHashMap<>(OrderItems.of(order));
    item.putAll(key(application + "!O", OrderItems.sort(order.number())));
    item.put(Attributes.FORMAT_NUMBER, number(Attributes.FORMAT));
    item.put(Attributes.LEAST_READER, number(Attributes.ANY_READER));
    return client
        .putItem(
            put ->
                put.tableName(table)
                    .item(item)
                    .conditionExpression("attribute_not_exists(pk)")
                    .overrideConfiguration(Requests.LIMITED))
        .thenApply(done -> true)
        .exceptionally(thrown -> refused("order " + order.number(), thrown));
  }

  /** A condition that does not hold is an answer; everything else is a failure. */
  private boolean refused(String what, Throwable thrown) {
    if (Stages.causeOf(thrown) instanceof ConditionalCheckFailedException) {
      return false;
    }
    throw explained(what, thrown);
  }

  @Override
  public CompletionStage<Void> forget(List<Order> spent) {
    var all =
        spent.stream()
            .map(
                order ->
                    client.deleteItem(
                        delete ->
                            delete
                                .tableName(table)
                                .key(key(application + "!O", OrderItems.sort(order.number())))
                                .overrideConfiguration(Requests.LIMITED)))
            .toArray(CompletableFuture<?>[]::new);
    return CompletableFuture.allOf(all)
        .exceptionally(
            thrown -> {
              throw explained("orders " + application + "!O", thrown);
            });
  }

  @Override
  public CompletionStage<ProgressRow> progress(ProgressKey key) {
    var name = "progress item " + partition(key.shard().bucket()) + " " + key.key();
    return client
        .getItem(
            get ->
                get.tableName(table)
                    .key(key(partition(key.shard().bucket()), key.key()))
                    .consistentRead(true)
                    .overrideConfiguration(Requests.LIMITED))
        .thenApply(
            answer -> {
              Attributes.requireOwn(key, answer.item());
              return answer.hasItem() ? toRow(answer.item()) : ProgressRow.absent(key);
            })
        .exceptionally(
            thrown -> {
              throw explained(name, thrown);
            });
  }

  @Override
  public CompletionStage<Found> progress(int bucket) {
    var partition = partition(Objects.checkIndex(bucket, ShardKey.BUCKETS));
    return query(partition)
        .thenApply(
            items -> {
              var rows = new ArrayList<ProgressRow>();
              var faults = new ArrayList<String>();
              for (var item : items) {
                // Lease rows lie beside progress; their keys name no function.
                if (keyText(item, "sk").indexOf('!') >= 0
                    && !item.containsKey(Attributes.SUCCESSOR)) {
                  try {
                    rows.add(toRow(item));
                  } catch (IllegalArgumentException | CheckpointException malformed) {
                    faults.add(fault("progress item", item, malformed));
                  }
                }
              }
              return new Found(rows, faults);
            })
        .exceptionally(
            thrown -> {
              throw explained("progress items " + partition, thrown);
            });
  }

  @Override
  public CompletionStage<Boolean> move(ProgressRow seen, StartingPosition to, long order) {
    var progress =
        to instanceof StartingPosition.After after
            ? new Progress(Optional.of(after.position()), List.of())
            : Progress.NONE;
    return install(seen, to, progress, CommitParts.NONE, order);
  }

  @Override
  public CompletionStage<Boolean> install(
      ProgressRow seen, StartingPosition to, Progress progress, CommitParts parts, long order) {
    var key = seen.key();
    var kept = seen.item().flatMap(ProgressItem::parts).map(CommitParts::moved);
    var all = kept.orElse(CommitParts.NONE).with(parts);
    var update =
        new Update(table, partition(key.shard().bucket()), key.key())
            .setIfAbsent(Attributes.FORMAT_NUMBER, number(Attributes.FORMAT))
            .set(Attributes.ATTEMPT, text("order " + order))
            .set(Attributes.PARTS, Attributes.parts(all))
            .set(Attributes.MOVED_AT, number(seen.rev() + 1))
            .set(Attributes.MOVED_BY, number(order))
            .set(Attributes.MOVED_TO, text(ProgressText.of(to)))
            .count(Attributes.REV)
            .count(Attributes.SEALS);
    if (progress.ranges().size() <= Attributes.RANGES_AS_TEXT_MAX) {
      update.set(Attributes.LEAST_READER, number(Attributes.READER_OF_MOVES)); // Else a newer one.
    }
    Attributes.set(update, progress);
    if (seen.rev() == 0) {
      update
          .requireNoItemOr(Attributes.LEAST_READER, "<=", number(Attributes.READER))
          .requireAbsent(Attributes.REV);
    } else {
      update
          .require(Attributes.LEAST_READER, "<=", number(Attributes.READER))
          .require(Attributes.REV, "=", number(seen.rev()))
          .requireAbsent(Attributes.CHILDREN);
    }
    return client
        .updateItem(update.request().overrideConfiguration(Requests.LIMITED).build())
        .thenApply(done -> true)
        .exceptionally(thrown -> refused("progress item " + key, thrown));
  }

  private ProgressRow toRow(Map<String, AttributeValue> item) {
    if (!Attributes.isOurs(item)) {
      throw new IllegalArgumentException(
          "attribute " + Attributes.LEAST_READER + " is missing: it is none of Headrace's");
    }
    Attributes.requireReadable("it", table, item);
    boolean sealed = item.containsKey(Attributes.OWNER);
    return new ProgressRow(
        ProgressKey.parse(keyText(item, "sk")),
        item.containsKey(Attributes.REV) ? Attributes.longOf(item, Attributes.REV) : 0,
        sealed ? Optional.of(Attributes.toItem(item)) : Optional.empty(),
        Attributes.parents(item),
        Attributes.moved(item),
        Attributes.parts(item));
  }

  private String partition(int bucket) {
    return String.format(Locale.ROOT, "%s!L!%02d", application, bucket);
  }

  private static Map<String, AttributeValue> key(String pk, String sk) {
    return Map.of("pk", text(pk), "sk", text(sk));
  }

  /** Orders are bounded, and a bucket is a few pages. */
  private CompletableFuture<List<Map<String, AttributeValue>>> query(String partition) {
    var found = new ArrayList<Map<String, AttributeValue>>();
    return Requests.pages(client, Requests.partition(table, partition), found::add)
        .thenApply(done -> found);
  }

  /** A query's items have both keys, and they are strings: the table is made so. */
  private static String keyText(Map<String, AttributeValue> item, String attribute) {
    var value = item.get(attribute);
    return value == null ? "" : String.valueOf(value.s());
  }

  private String fault(String what, Map<String, AttributeValue> item, Exception malformed) {
    return what
        + " "
        + keyText(item, "pk")
        + " "
        + keyText(item, "sk")
        + " in DynamoDB table "
        + table
        + " can't be read: "
        + malformed.getMessage();
  }

  private CheckpointException explained(String what, Throwable thrown) {
    var cause = Stages.causeOf(thrown);
    if (cause instanceof ResourceNotFoundException) {
      return new CheckpointException("DynamoDB table " + table + " does not exist", cause);
    }
    return cause instanceof CheckpointException known
        ? known
        : new CheckpointException(
            what + " in DynamoDB table " + table + ": " + cause.getMessage(), cause);
  }
}
