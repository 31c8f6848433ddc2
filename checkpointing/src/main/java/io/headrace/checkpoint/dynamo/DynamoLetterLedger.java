package io.headrace.checkpoint.dynamo;

import static io.headrace.checkpoint.dynamo.Attributes.number;
import static io.headrace.checkpoint.dynamo.Attributes.text;

import io.headrace.checkpoint.Letter;
import io.headrace.checkpoint.LetterLedger;
import io.headrace.checkpoint.ProgressKey;
import io.headrace.kcl.CheckpointException;
import io.headrace.kcl.Position;
import io.headrace.kcl.loop.Stages;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.AwsRequestOverrideConfiguration;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ConditionCheck;
import software.amazon.awssdk.services.dynamodb.model.QueryRequest;
import software.amazon.awssdk.services.dynamodb.model.ResourceNotFoundException;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItem;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItemsRequest;
import software.amazon.awssdk.services.dynamodb.model.TransactionCanceledException;

/**
 * Letters in the table of the application. Each write is a transaction with a check of the progress
 * item, so a worker that has lost its shard writes none. Every read is consistent. Thread-safe.
 *
 * <p>The slices of a large payload are put before the letter that names them, under a name that no
 * other writer uses, so a letter never names what is not there; slices of a letter that was refused
 * are left over.
 */
public final class DynamoLetterLedger implements LetterLedger {
  private static final String CONDITION_FAILED = "ConditionalCheckFailed";
  private static final AwsRequestOverrideConfiguration LIMITED =
      AwsRequestOverrideConfiguration.builder().apiCallTimeout(Duration.ofSeconds(10)).build();

  private final DynamoDbAsyncClient client;
  private final String table;
  private final String application;

  /**
   * A ledger over a table that exists.
   *
   * @param client stays the caller's, who closes it
   * @param application not empty, without {@code !}
   */
  public DynamoLetterLedger(DynamoDbAsyncClient client, String table, String application) {
    this.client = Objects.requireNonNull(client, "client");
    this.table = Objects.requireNonNull(table, "table");
    this.application = Objects.requireNonNull(application, "application");
  }

  @Override
  public CompletionStage<Boolean> enter(Fence fence, List<Entry> entries) {
    requireBatch(entries.size());
    CompletableFuture<Void> stored = CompletableFuture.completedFuture(null);
    for (var entry : entries) {
      if (LetterItems.isSliced(entry)) {
        stored = stored.thenCompose(done -> putSlices(entry));
      }
    }
    var writes = new ArrayList<TransactWriteItem>();
    var name = new StringBuilder("enter " + fence);
    for (var entry : entries) {
      var id = entry.letter().id();
      var item = new LinkedHashMap<>(LetterItems.of(entry));
      item.putAll(key(LetterItems.partition(application, id.place()), LetterItems.sort(id)));
      writes.add(TransactWriteItem.builder().put(put -> put.tableName(table).item(item)).build());
      name.append(' ').append(entry.letter());
    }
    return stored.thenCompose(done -> write(fence, writes, name.toString()));
  }

  @Override
  public CompletionStage<Boolean> strike(Fence fence, List<Letter.Id> letters) {
    requireBatch(letters.size());
    var writes = new ArrayList<TransactWriteItem>();
    for (var id : letters) {
      var key = key(LetterItems.partition(application, id.place()), LetterItems.sort(id));
      writes.add(TransactWriteItem.builder().delete(d -> d.tableName(table).key(key)).build());
    }
    return write(fence, writes, null)
        .thenCompose(
            struck -> {
              CompletableFuture<Void> cleared = CompletableFuture.completedFuture(null);
              if (struck) {
                for (var id : letters) {
                  cleared = cleared.thenCompose(done -> deleteSlices(id));
                }
              }
              return cleared.thenApply(done -> struck);
            });
  }

  @Override
  public CompletionStage<Found> ofShard(ProgressKey place, Optional<Position> behind) {
    var from =
        behind
            .map(position -> LetterItems.sortBehind(place, position))
            .orElse(LetterItems.shardPrefix(place));
    return query(
            LetterItems.partition(application, place),
            from,
            LetterItems.shardPrefix(place) + "~",
            LetterItems.listed())
        .thenApply(this::found);
  }

  @Override
  public CompletionStage<Found> ofFunction(String function) {
    CompletableFuture<List<Map<String, AttributeValue>>> all =
        CompletableFuture.completedFuture(new ArrayList<>());
    for (int part = 0; part < LetterItems.PARTS; part++) {
      var partition = LetterItems.partition(application, function, part);
      all =
          all.thenCombine(
              query(partition, " ", "~", LetterItems.listed()),
              (before, more) -> {
                before.addAll(more);
                return before;
              });
    }
    return all.thenApply(this::found);
  }

  @Override
  public CompletionStage<byte[]> payload(Letter.Id id) {
    var key = key(LetterItems.partition(application, id.place()), LetterItems.sort(id));
    return client
        .getItem(
            get ->
                get.tableName(table).key(key).consistentRead(true).overrideConfiguration(LIMITED))
        .thenCompose(
            answer -> {
              if (!answer.hasItem()) {
                throw new CheckpointException("letter " + id + " is gone");
              }
              var slices = answer.item().get(LetterItems.SLICES);
              return slices != null
                  ? joined(id, slices.s())
                  : CompletableFuture.completedFuture(
                      Objects.requireNonNull(answer.item().get(LetterItems.PAYLOAD))
                          .b()
                          .asByteArray());
            })
        .exceptionally(
            thrown -> {
              throw explained("letter " + id, thrown);
            });
  }

  private CompletableFuture<byte[]> joined(Letter.Id id, String set) {
    return query(LetterItems.slices(application, id.place()), set, set + "~", List.of())
        .thenApply(
            slices -> {
              var bytes = new ByteArrayOutputStream();
              slices.forEach(
                  slice ->
                      bytes.writeBytes(
                          Objects.requireNonNull(slice.get(LetterItems.PAYLOAD))
                              .b()
                              .asByteArray()));
              return bytes.toByteArray();
            });
  }

  private CompletableFuture<Void> putSlices(Entry entry) {
    var id = entry.letter().id();
    var set = LetterItems.sliceSet(entry.letter());
    var slices = LetterItems.slicesOf(entry.payload());
    CompletableFuture<Void> all = CompletableFuture.completedFuture(null);
    for (int i = 0; i < slices.size(); i++) {
      var item =
          new LinkedHashMap<>(
              key(
                  LetterItems.slices(application, id.place()),
                  set + String.format(Locale.ROOT, "%04d", i)));
      item.put(Attributes.LEAST_READER, number(Attributes.ANY_READER));
      item.put(LetterItems.PAYLOAD, AttributeValue.fromB(SdkBytes.fromByteArray(slices.get(i))));
      all =
          all.thenCompose(
              done ->
                  client
                      .putItem(p -> p.tableName(table).item(item).overrideConfiguration(LIMITED))
                      .thenApply(put -> null));
    }
    return all.exceptionally(
        thrown -> {
          throw explained("letter " + id, thrown);
        });
  }

  /** Of whatever attempt: the letter is out, so nothing names them. */
  private CompletableFuture<Void> deleteSlices(Letter.Id id) {
    var partition = LetterItems.slices(application, id.place());
    var prefix = LetterItems.sort(id) + "!";
    return query(partition, prefix, prefix + "~", List.of("pk", "sk"))
        .thenCompose(
            found ->
                CompletableFuture.allOf(
                    found.stream()
                        .map(
                            slice ->
                                client.deleteItem(
                                    d ->
                                        d.tableName(table)
                                            .key(
                                                key(
                                                    partition,
                                                    Objects.requireNonNull(slice.get("sk")).s()))
                                            .overrideConfiguration(LIMITED)))
                        .toArray(CompletableFuture<?>[]::new)));
  }

  /**
   * Writes under the fence.
   *
   * @param name tells this write from all others: late copies of it are not applied again for ten
   *     minutes; null where one may be
   */
  private CompletableFuture<Boolean> write(
      Fence fence, List<TransactWriteItem> writes, @Nullable String name) {
    var all = new ArrayList<TransactWriteItem>();
    all.add(TransactWriteItem.builder().conditionCheck(check(fence)).build());
    all.addAll(writes);
    var request = TransactWriteItemsRequest.builder().transactItems(all);
    if (name != null) {
      var named = String.join(" ", table, application, name);
      request.clientRequestToken(
          UUID.nameUUIDFromBytes(named.getBytes(StandardCharsets.UTF_8)).toString());
    }
    return client
        .transactWriteItems(request.overrideConfiguration(LIMITED).build())
        .thenApply(done -> true)
        .exceptionally(
            thrown -> {
              if (Stages.causeOf(thrown) instanceof TransactionCanceledException cancelled
                  && cancelled.hasCancellationReasons()
                  && CONDITION_FAILED.equals(cancelled.cancellationReasons().get(0).code())) {
                return false;
              }
              throw explained("letters of " + fence.key(), thrown);
            });
  }

  private ConditionCheck check(Fence fence) {
    var names = new HashMap<String, String>();
    names.put("#o", Attributes.OWNER);
    names.put("#e", Attributes.EPOCH);
    names.put("#c", Attributes.CHILDREN);
    var place = fence.key();
    return ConditionCheck.builder()
        .tableName(table)
        .key(key(DynamoCheckpointStore.partition(application, place), place.key()))
        .conditionExpression("#o = :o AND #e = :e AND attribute_not_exists(#c)")
        .expressionAttributeNames(names)
        .expressionAttributeValues(
            Map.of(
                ":o", text(fence.token().owner().toString()), ":e", number(fence.token().epoch())))
        .build();
  }

  private static void requireBatch(int size) {
    if (size < 1 || size > BATCH_MAX) {
      throw new IllegalArgumentException(size + " letters: a call takes 1 to " + BATCH_MAX);
    }
  }

  private static Map<String, AttributeValue> key(String pk, String sk) {
    return Map.of("pk", text(pk), "sk", text(sk));
  }

  private CompletableFuture<List<Map<String, AttributeValue>>> query(
      String partition, String from, String to, List<String> attributes) {
    var request =
        QueryRequest.builder()
            .tableName(table)
            .keyConditionExpression("pk = :p AND sk BETWEEN :f AND :t")
            .expressionAttributeValues(
                Map.of(":p", text(partition), ":f", text(from), ":t", text(to)))
            .consistentRead(true)
            .overrideConfiguration(LIMITED);
    if (!attributes.isEmpty()) {
      var names = new HashMap<String, String>();
      attributes.forEach(attribute -> names.put("#" + attribute, attribute));
      request
          .projectionExpression(String.join(", ", names.keySet()))
          .expressionAttributeNames(names);
    }
    return pages(request.build(), new ArrayList<>())
        .exceptionally(
            thrown -> {
              throw explained("letters " + partition, thrown);
            });
  }

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

  private Found found(List<Map<String, AttributeValue>> items) {
    var letters = new ArrayList<Letter>();
    var faults = new ArrayList<String>();
    for (var item : items) {
      var name =
          "letter "
              + Objects.requireNonNull(item.get("pk")).s()
              + " "
              + Objects.requireNonNull(item.get("sk")).s();
      try {
        letters.add(LetterItems.read(Attributes.requireReadable(name, table, item)));
      } catch (IllegalArgumentException | DateTimeParseException malformed) {
        faults.add(
            name + " in DynamoDB table " + table + " can't be read: " + malformed.getMessage());
      } catch (CheckpointException newer) {
        faults.add(String.valueOf(newer.getMessage()));
      }
    }
    return new Found(letters, faults);
  }

  private CheckpointException explained(String what, Throwable thrown) {
    var cause = Stages.causeOf(thrown);
    if (cause instanceof CheckpointException known) {
      return known;
    }
    if (cause instanceof ResourceNotFoundException) {
      return new CheckpointException("DynamoDB table " + table + " does not exist", cause);
    }
    return new CheckpointException(
        what + " in DynamoDB table " + table + ": " + cause.getMessage(), cause);
  }
}
