package io.headrace.checkpoint.dynamo;

import static io.headrace.checkpoint.dynamo.Attributes.number;
import static io.headrace.checkpoint.dynamo.Attributes.text;

import io.headrace.checkpoint.ChunkStore;
import io.headrace.kcl.CheckpointException;
import io.headrace.kcl.loop.Stages;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Locale;
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
 * Chunks in the table of the application. A partition takes 1,000 write units, so 1 MB, a second
 * (<a
 * href="https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html">design
 * of partition keys</a>), so a chunk is one item of at most 64 KB, or several pieces; the first
 * says how many there are, and whoever writes it has the name: of two that put other bytes, one
 * never gets past it. Each chunk has a partition key of its own, so that no partition holds much.
 * Thread-safe.
 */
public final class DynamoChunkStore implements ChunkStore {
  /** Of one write: a small part of what a partition takes in a second. */
  static final int PIECE_BYTES_MAX = 64 << 10;

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
            .key(key(name, piece))
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
    return piece(name, 0)
        .thenCompose(
            first -> {
              long pieces = Attributes.longOf(first, PIECES);
              var bytes = new ByteArrayOutputStream();
              bytes.writeBytes(bytesOf(first));
              return pieces == 1
                  ? CompletableFuture.completedFuture(bytes.toByteArray())
                  : getFrom(name, 1, pieces, bytes);
            });
  }

  private CompletableFuture<byte[]> getFrom(
      String name, int piece, long pieces, ByteArrayOutputStream bytes) {
    return piece(name, piece)
        .thenCompose(
            item -> {
              bytes.writeBytes(bytesOf(item));
              return piece + 1 == pieces
                  ? CompletableFuture.completedFuture(bytes.toByteArray())
                  : getFrom(name, piece + 1, pieces, bytes);
            });
  }

  private CompletableFuture<Map<String, AttributeValue>> piece(String name, int piece) {
    return client
        .getItem(
            get ->
                get.tableName(table)
                    .key(key(name, piece))
                    .consistentRead(true)
                    .overrideConfiguration(Requests.LIMITED))
        .handle(
            (answer, thrown) -> {
              if (thrown != null) {
                throw failed(name, Stages.causeOf(thrown));
              }
              if (!answer.hasItem() || answer.item().isEmpty()) {
                throw new CheckpointException(
                    "chunk \""
                        + name
                        + "\", piece "
                        + piece
                        + ", is missing from DynamoDB table "
                        + table
                        + ": somebody deleted it, or the table is another one; what it held can't"
                        + " be made up, so the shard waits. Restore the table, or run the function"
                        + " under a new name, which begins without state");
              }
              return answer.item();
            });
  }

  /** The first piece goes last: what is left of a deletion that failed can be deleted again. */
  @Override
  public CompletionStage<Void> delete(String name) {
    return client
        .getItem(
            get ->
                get.tableName(table)
                    .key(key(name, 0))
                    .consistentRead(true)
                    .projectionExpression("#n")
                    .expressionAttributeNames(Map.of("#n", PIECES))
                    .overrideConfiguration(Requests.LIMITED))
        .thenCompose(
            answer ->
                answer.hasItem() && !answer.item().isEmpty()
                    ? deleteFrom(name, (int) Attributes.longOf(answer.item(), PIECES) - 1)
                    : CompletableFuture.completedFuture(null))
        .exceptionally(
            thrown -> {
              throw failed(name, Stages.causeOf(thrown));
            });
  }

  private CompletableFuture<Void> deleteFrom(String name, int piece) {
    return client
        .deleteItem(
            delete ->
                delete
                    .tableName(table)
                    .key(key(name, piece))
                    .overrideConfiguration(Requests.LIMITED))
        .thenCompose(
            done ->
                piece == 0 ? CompletableFuture.completedFuture(null) : deleteFrom(name, piece - 1));
  }

  private Map<String, AttributeValue> key(String name, int piece) {
    return Map.of(
        "pk",
        text(application + "!S!" + name),
        "sk",
        text(String.format(Locale.ROOT, "%06d", piece)));
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
