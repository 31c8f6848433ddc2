package io.headrace.checkpoint.dynamo;

import static io.headrace.checkpoint.dynamo.Attributes.number;
import static io.headrace.checkpoint.dynamo.Attributes.text;

import io.headrace.checkpoint.ChunkStore;
import io.headrace.kcl.CheckpointException;
import io.headrace.kcl.loop.Stages;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
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
 * Chunks in the table of the application. A partition takes 1,000 write units, so 1 MB, a second
 * (<a
 * href="https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html">design
 * of partition keys</a>), so a chunk is one item of at most 64 KB, or several pieces; the first
 * says how many there are, and whoever writes it has the name: of two that put other bytes, one
 * never gets past it. The chunks of a directory lie under 8 partition keys, so that they can be
 * listed and no partition gets all of them. Those of former versions have a key each, and are read
 * there. Thread-safe.
 */
public final class DynamoChunkStore implements ChunkStore {
  /** Of one write: a small part of what a partition takes in a second. */
  static final int PIECE_BYTES_MAX = 64 << 10;

  private static final int SPREAD = 8;
  private static final int NAMES_MAX = 100;
  private static final String FIRST_PIECE = "!000000";
  private static final String BYTES = "b";
  private static final String PIECES = "n";

  private final DynamoDbAsyncClient client;
  private final String table;
  private final String application;

  /**
   * Chunks in a table that exists.
   *
   * @param client stays the caller's, who closes it
   * @param application not empty, without {@code !}
   */
  public DynamoChunkStore(DynamoDbAsyncClient client, String table, String application) {
    this.client = Objects.requireNonNull(client, "client");
    this.table = Objects.requireNonNull(table, "table");
    this.application = Objects.requireNonNull(application, "application");
  }

  @Override
  public CompletionStage<Void> put(String name, byte[] bytes) {
    if (name.isEmpty()) {
      throw new IllegalArgumentException("chunk name: must not be empty");
    }
    var whole = bytes.clone();
    int pieces = Math.max(1, (whole.length + PIECE_BYTES_MAX - 1) / PIECE_BYTES_MAX);
    return putFrom(name, whole, 0, pieces);
  }

  /** One after the other: who does not get the first piece writes no other. */
  private CompletableFuture<Void> putFrom(String name, byte[] whole, int piece, int pieces) {
    int from = piece * PIECE_BYTES_MAX;
    byte[] bytes = Arrays.copyOfRange(whole, from, Math.min(whole.length, from + PIECE_BYTES_MAX));
    var stored = putPiece(name, piece, pieces, bytes);
    return piece + 1 == pieces
        ? stored
        : stored.thenCompose(done -> putFrom(name, whole, piece + 1, pieces));
  }

  private CompletableFuture<Void> putPiece(String name, int piece, int pieces, byte[] bytes) {
    var values = new HashMap<String, AttributeValue>();
    values.put(":b", AttributeValue.fromB(SdkBytes.fromByteArray(bytes)));
    values.put(":n", number(pieces));
    values.put(":r", number(Attributes.ANY_READER));
    values.put(":f", number(Attributes.FORMAT));
    var names =
        Map.of(
            "#b",
            BYTES,
            "#n",
            PIECES,
            "#r",
            Attributes.LEAST_READER,
            "#f",
            Attributes.FORMAT_NUMBER);
    var request =
        UpdateItemRequest.builder()
            .tableName(table)
            .key(place(name).key(piece))
            .updateExpression("SET #b = :b, #n = :n, #r = :r, #f = :f")
            .conditionExpression("attribute_not_exists(#b)")
            .expressionAttributeNames(names)
            .expressionAttributeValues(values)
            .returnValuesOnConditionCheckFailure(ReturnValuesOnConditionCheckFailure.ALL_OLD)
            .overrideConfiguration(Requests.LIMITED)
            .build();
    return client
        .updateItem(request)
        .handle(
            (done, thrown) -> {
              if (thrown == null) {
                return null;
              }
              var cause = Stages.causeOf(thrown);
              if (cause instanceof ConditionalCheckFailedException refused && refused.hasItem()) {
                if (isSame(refused.item(), pieces, bytes)) {
                  return null;
                }
                throw new CheckpointException(
                    "chunk \"" + name + "\" holds other bytes: names are never used twice", cause);
              }
              throw failed(name, cause);
            });
  }

  private static boolean isSame(Map<String, AttributeValue> item, int pieces, byte[] bytes) {
    return Attributes.longOf(item, PIECES) == pieces && Arrays.equals(bytesOf(item), bytes);
  }

  private static byte[] bytesOf(Map<String, AttributeValue> item) {
    var bytes = item.get(BYTES);
    if (bytes == null || bytes.b() == null) {
      throw new CheckpointException("a chunk's item has no bytes");
    }
    return bytes.b().asByteArray();
  }

  @Override
  public CompletionStage<byte[]> get(String name) {
    return found(name, place(name), 0)
        .thenCompose(
            first ->
                first.isPresent()
                    ? getFrom(name, place(name), first.get())
                    : piece(name, formerPlace(name), 0)
                        .thenCompose(former -> getFrom(name, formerPlace(name), former)));
  }

  private CompletableFuture<byte[]> getFrom(
      String name, Place at, Map<String, AttributeValue> first) {
    long pieces = Attributes.longOf(first, PIECES);
    var bytes = new ByteArrayOutputStream();
    bytes.writeBytes(bytesOf(first));
    return pieces == 1
        ? CompletableFuture.completedFuture(bytes.toByteArray())
        : getFrom(name, at, 1, pieces, bytes);
  }

  private CompletableFuture<byte[]> getFrom(
      String name, Place at, int piece, long pieces, ByteArrayOutputStream bytes) {
    return piece(name, at, piece)
        .thenCompose(
            item -> {
              bytes.writeBytes(bytesOf(item));
              return piece + 1 == pieces
                  ? CompletableFuture.completedFuture(bytes.toByteArray())
                  : getFrom(name, at, piece + 1, pieces, bytes);
            });
  }

  private CompletableFuture<Map<String, AttributeValue>> piece(String name, Place at, int piece) {
    return found(name, at, piece)
        .thenApply(
            item ->
                item.orElseThrow(
                    () ->
                        new CheckpointException(
                            "chunk \""
                                + name
                                + "\", piece "
                                + piece
                                + ", is missing from DynamoDB table "
                                + table
                                + ": somebody deleted it, or the table is another one; what it"
                                + " held can't be made up, so the shard waits. Restore the table,"
                                + " or run the function under a new name, which begins without"
                                + " state")));
  }

  private CompletableFuture<Optional<Map<String, AttributeValue>>> found(
      String name, Place at, int piece) {
    return client
        .getItem(
            get ->
                get.tableName(table)
                    .key(at.key(piece))
                    .consistentRead(true)
                    .overrideConfiguration(Requests.LIMITED))
        .handle(
            (answer, thrown) -> {
              if (thrown != null) {
                throw failed(name, Stages.causeOf(thrown));
              }
              return answer.hasItem() && !answer.item().isEmpty()
                  ? Optional.of(answer.item())
                  : Optional.empty();
            });
  }

  /** The first piece goes last: what is left of a deletion that failed can be deleted again. */
  @Override
  public CompletionStage<Void> delete(String name) {
    return deleteAt(place(name))
        .thenCompose(
            done -> done ? CompletableFuture.completedFuture(true) : deleteAt(formerPlace(name)))
        .handle(
            (done, thrown) -> {
              if (thrown != null) {
                throw failed(name, Stages.causeOf(thrown));
              }
              return null;
            });
  }

  /** Answers whether there was anything. */
  private CompletableFuture<Boolean> deleteAt(Place at) {
    return client
        .getItem(
            get ->
                get.tableName(table)
                    .key(at.key(0))
                    .consistentRead(true)
                    .projectionExpression("#n")
                    .expressionAttributeNames(Map.of("#n", PIECES))
                    .overrideConfiguration(Requests.LIMITED))
        .thenCompose(
            answer ->
                answer.hasItem() && !answer.item().isEmpty()
                    ? deleteFrom(at, (int) Attributes.longOf(answer.item(), PIECES) - 1)
                    : CompletableFuture.completedFuture(false));
  }

  private CompletableFuture<Boolean> deleteFrom(Place at, int piece) {
    return client
        .deleteItem(
            delete ->
                delete.tableName(table).key(at.key(piece)).overrideConfiguration(Requests.LIMITED))
        .thenCompose(
            done ->
                piece == 0 ? CompletableFuture.completedFuture(true) : deleteFrom(at, piece - 1));
  }

  /** Chunks of former versions are not told: there is no order in which they could be. */
  @Override
  public CompletionStage<List<String>> names(String directory, Optional<String> after) {
    int bucket = after.map(DynamoChunkStore::bucketOf).orElse(0);
    var start = after.map(name -> place(name).key(0));
    return namesFrom(directory, bucket, start.orElse(Map.of()))
        .exceptionally(
            thrown -> {
              throw failed(directory + "/", Stages.causeOf(thrown));
            });
  }

  private CompletableFuture<List<String>> namesFrom(
      String directory, int bucket, Map<String, AttributeValue> start) {
    if (bucket == SPREAD) {
      return CompletableFuture.completedFuture(List.of());
    }
    return client
        .query(
            query ->
                query
                    .tableName(table)
                    .keyConditionExpression("pk = :pk")
                    .expressionAttributeValues(Map.of(":pk", text(partition(directory, bucket))))
                    .projectionExpression("sk")
                    .limit(NAMES_MAX)
                    .exclusiveStartKey(start.isEmpty() ? null : start)
                    .overrideConfiguration(Requests.LIMITED))
        .thenCompose(
            answer -> {
              var names =
                  answer.items().stream()
                      .map(item -> Objects.requireNonNull(item.get("sk"), "sk").s())
                      .filter(sk -> sk.endsWith(FIRST_PIECE))
                      .map(sk -> sk.substring(0, sk.length() - FIRST_PIECE.length()))
                      .map(word -> directory + "/" + word)
                      .toList();
              if (!names.isEmpty()) {
                return CompletableFuture.completedFuture(names);
              }
              return answer.hasLastEvaluatedKey() && !answer.lastEvaluatedKey().isEmpty()
                  ? namesFrom(directory, bucket, answer.lastEvaluatedKey())
                  : namesFrom(directory, bucket + 1, Map.of());
            });
  }

  /** Where the pieces of a chunk lie. */
  private record Place(String partition, String word) {
    Map<String, AttributeValue> key(int piece) {
      return Map.of(
          "pk", text(partition), "sk", text(word + String.format(Locale.ROOT, "%06d", piece)));
    }
  }

  private Place place(String name) {
    int slash = name.lastIndexOf('/');
    var directory = name.substring(0, Math.max(0, slash));
    return new Place(partition(directory, bucketOf(name)), name.substring(slash + 1) + "!");
  }

  private Place formerPlace(String name) {
    return new Place(application + "!S!" + name, "");
  }

  private String partition(String directory, int bucket) {
    return application + "!S!" + directory + "!" + bucket;
  }

  private static int bucketOf(String name) {
    return Math.floorMod(name.hashCode(), SPREAD);
  }

  private CheckpointException failed(String name, Throwable cause) {
    if (cause instanceof CheckpointException known) {
      return known;
    }
    return cause instanceof ResourceNotFoundException
        ? new CheckpointException("DynamoDB table " + table + " does not exist", cause)
        : new CheckpointException(
            "chunk \"" + name + "\" in DynamoDB table " + table + ": " + cause.getMessage(), cause);
  }
}
