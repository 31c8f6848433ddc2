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
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
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
  private static final String CONFLICT = "TransactionConflict";
  private static final int CONFLICT_TRIES_MAX = 5;
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
    return slicesOf(letters)
        .thenCompose(
            slices ->
                write(fence, writes, null)
                    .thenCompose(
                        struck ->
                            struck
                                ? delete(slices).thenApply(done -> true)
                                : CompletableFuture.completedFuture(false)));
  }

  @Override
  public CompletionStage<Found> ofShard(ProgressKey place, Optional<Position> behind) {
    var from =
        behind
            .map(position -> LetterItems.sortBehind(place, position))
            .orElse(LetterItems.shardPrefix(place));
    return look(
        LetterItems.partition(application, place),
        from,
        LetterItems.shardPrefix(place) + "~",
        letter -> true);
  }

  @Override
  public CompletionStage<Found> ofFunction(String function, Predicate<Letter> wanted) {
    CompletableFuture<Found> all =
        CompletableFuture.completedFuture(new Found(List.of(), List.of()));
    for (int part = 0; part < LetterItems.PARTS; part++) {
      var partition = LetterItems.partition(application, function, part);
      all = all.thenCombine(look(partition, " ", "~", wanted), DynamoLetterLedger::both);
    }
    return all;
  }

  private static Found both(Found some, Found others) {
    var letters = new ArrayList<>(some.letters());
    letters.addAll(others.letters());
    var faults = new ArrayList<>(some.faults());
    faults.addAll(others.faults());
    return new Found(letters, faults);
  }

  /** Reads page by page: there may be more letters than memory for their items. */
  private CompletableFuture<Found> look(
      String partition, String from, String to, Predicate<Letter> wanted) {
    var letters = new ArrayList<Letter>();
    var faults = new ArrayList<String>();
    return query(
            partition,
            from,
            to,
            LetterItems.listed(),
            item -> read(item, faults).filter(wanted).ifPresent(letters::add))
        .thenApply(done -> new Found(letters, faults));
  }

  @Override
  public CompletionStage<Optional<byte[]>> payload(Letter.Id id) {
    var key = key(LetterItems.partition(application, id.place()), LetterItems.sort(id));
    return client
        .getItem(
            get ->
                get.tableName(table)
                    .key(key)
                    .consistentRead(true)
                    .overrideConfiguration(Requests.LIMITED))
        .thenCompose(
            answer -> {
              if (!answer.hasItem()) {
                return CompletableFuture.completedFuture(Optional.<byte[]>empty());
              }
              var item = answer.item();
              var slices = item.get(LetterItems.SLICES);
              var bytes =
                  slices != null
                      ? joined(id, slices.s())
                      : CompletableFuture.completedFuture(LetterItems.payloadIn(item));
              return bytes.thenApply(whole -> Optional.of(requireWhole(id, item, whole)));
            })
        .exceptionally(
            thrown -> {
              throw explained("letter " + id, thrown);
            });
  }

  /** A payload of which a part is missing is an error, and never a shorter record. */
  private static byte[] requireWhole(
      Letter.Id id, Map<String, AttributeValue> item, byte[] payload) {
    int wanted = LetterItems.sizeIn(item);
    if (payload.length != wanted) {
      throw new CheckpointException(
          "letter " + id + ": its payload has " + payload.length + " bytes of " + wanted);
    }
    return payload;
  }

  private CompletableFuture<byte[]> joined(Letter.Id id, String set) {
    return query(LetterItems.slices(application, id.place()), set, set + "~", List.of())
        .thenApply(
            slices -> {
              var bytes = new ByteArrayOutputStream();
              slices.forEach(slice -> bytes.writeBytes(LetterItems.payloadIn(slice)));
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
                      .putItem(
                          p ->
                              p.tableName(table).item(item).overrideConfiguration(Requests.LIMITED))
                      .thenApply(put -> null));
    }
    return all.exceptionally(
        thrown -> {
          throw explained("letter " + id, thrown);
        });
  }

  /**
   * The keys of the slices of letters, of whatever attempt. Asked before the letters are struck
   * out: what is put later is another owner's, who may have entered the record anew by the time
   * that these are deleted.
   */
  private CompletableFuture<List<Map<String, AttributeValue>>> slicesOf(List<Letter.Id> letters) {
    CompletableFuture<List<Map<String, AttributeValue>>> all =
        CompletableFuture.completedFuture(new ArrayList<>());
    for (var id : letters) {
      var prefix = LetterItems.sort(id) + "!";
      var partition = LetterItems.slices(application, id.place());
      all =
          all.thenCombine(
              query(partition, prefix, prefix + "~", List.of("pk", "sk")),
              (before, more) -> {
                before.addAll(more);
                return before;
              });
    }
    return all;
  }

  private CompletableFuture<Void> delete(List<Map<String, AttributeValue>> keys) {
    return CompletableFuture.allOf(
            keys.stream()
                .map(
                    key ->
                        client.deleteItem(
                            d ->
                                d.tableName(table)
                                    .key(key)
                                    .overrideConfiguration(Requests.LIMITED)))
                .toArray(CompletableFuture<?>[]::new))
        .exceptionally(
            thrown -> {
              throw explained("slices of letters", thrown);
            });
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
    return write(fence, request.overrideConfiguration(Requests.LIMITED).build(), 1);
  }

  private CompletableFuture<Boolean> write(
      Fence fence, TransactWriteItemsRequest request, int tries) {
    return client
        .transactWriteItems(request)
        .thenApply(done -> true)
        .exceptionallyCompose(
            thrown -> {
              if (Stages.causeOf(thrown) instanceof TransactionCanceledException cancelled
                  && cancelled.hasCancellationReasons()) {
                var reasons = cancelled.cancellationReasons();
                if (CONDITION_FAILED.equals(reasons.get(0).code())) {
                  return CompletableFuture.completedFuture(false);
                }
                // It met a commit of the same run, which is no trouble to speak of.
                if (tries < CONFLICT_TRIES_MAX
                    && reasons.stream().anyMatch(reason -> CONFLICT.equals(reason.code()))) {
                  return write(fence, request, tries + 1);
                }
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
    var all = new ArrayList<Map<String, AttributeValue>>();
    return query(partition, from, to, attributes, all::add).thenApply(done -> all);
  }

  private CompletableFuture<Void> query(
      String partition,
      String from,
      String to,
      List<String> attributes,
      Consumer<Map<String, AttributeValue>> told) {
    var request =
        QueryRequest.builder()
            .tableName(table)
            .keyConditionExpression("pk = :p AND sk BETWEEN :f AND :t")
            .expressionAttributeValues(
                Map.of(":p", text(partition), ":f", text(from), ":t", text(to)))
            .consistentRead(true)
            .overrideConfiguration(Requests.LIMITED);
    if (!attributes.isEmpty()) {
      var names = new HashMap<String, String>();
      attributes.forEach(attribute -> names.put("#" + attribute, attribute));
      request
          .projectionExpression(String.join(", ", names.keySet()))
          .expressionAttributeNames(names);
    }
    return Requests.pages(client, request.build(), told)
        .exceptionally(
            thrown -> {
              throw explained("letters " + partition, thrown);
            });
  }

  /** Empty where it can't be read, of which a fault tells. */
  private Optional<Letter> read(Map<String, AttributeValue> item, List<String> faults) {
    var name =
        "letter "
            + Objects.requireNonNull(item.get("pk")).s()
            + " "
            + Objects.requireNonNull(item.get("sk")).s();
    try {
      return Optional.of(LetterItems.read(Attributes.requireReadable(name, table, item)));
    } catch (IllegalArgumentException | DateTimeParseException malformed) {
      faults.add(
          name + " in DynamoDB table " + table + " can't be read: " + malformed.getMessage());
    } catch (CheckpointException newer) {
      faults.add(String.valueOf(newer.getMessage()));
    }
    return Optional.empty();
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
