package io.headrace.checkpoint.dynamo;

import static io.headrace.checkpoint.dynamo.Attributes.number;
import static io.headrace.checkpoint.dynamo.Attributes.text;

import io.headrace.checkpoint.EndedParent;
import io.headrace.checkpoint.Placement;
import io.headrace.checkpoint.ProgressKey;
import io.headrace.checkpoint.Standing;
import io.headrace.kcl.CheckpointException;
import io.headrace.kcl.CommitParts;
import io.headrace.kcl.ShardId;
import io.headrace.kcl.StartingPosition;
import io.headrace.kcl.loop.Stages;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.ResourceNotFoundException;

/**
 * Progress items as an operator reads and sets them while no worker runs. Holds no state; any
 * thread may call; stages fail with {@link CheckpointException}.
 *
 * <p>Between {@link #begin} and {@link #finish} of a function, workers that start refuse to run it:
 * some of its shards are placed by then and some are not. Both may be repeated, so what broke off
 * half-way is done again. What is placed is no more than what a parent leaves for its child: an
 * item without an owner, which the first seal makes whole.
 */
public final class PlacedProgress {
  /** Who "owns" an item that was placed as ended; a worker's name never is this one. */
  private static final String NOBODY = "placed#0";

  /** The shard that stands for the other consumer: it left off where this shard is to begin. */
  private static final ShardId PREDECESSOR = new ShardId("predecessor");

  private final DynamoDbAsyncClient client;
  private final String table;
  private final String application;

  /**
   * @param client stays the caller's, who closes it
   */
  public PlacedProgress(DynamoDbAsyncClient client, String table, String application) {
    this.client = client;
    this.table = table;
    this.application = application;
  }

  /** Whether there is a table at all. */
  public CompletionStage<Boolean> exists() {
    return client
        .describeTable(d -> d.tableName(table))
        .handle(
            (found, failure) -> {
              if (failure == null) {
                return true;
              }
              var cause = Stages.causeOf(failure);
              if (cause instanceof ResourceNotFoundException) {
                return false;
              }
              throw new CheckpointException(
                  "DynamoDB table " + table + " can't be looked at: " + cause, cause);
            });
  }

  /**
   * Where the function begins in shards without history; empty before a worker has run it. Fails
   * while the function is being placed: some of its shards are not where they are to be.
   */
  public CompletionStage<Optional<StartingPosition>> startOf(String function) {
    return get(DynamoCheckpointStore.functions(application), function)
        .thenApply(
            item -> {
              Attributes.requireWhole("function " + function, table, item);
              return parsed(
                  "function " + function,
                  () ->
                      Attributes.optional(item, Attributes.START)
                          .map(start -> ProgressText.toStart(start.s())));
            });
  }

  /** How far the function is; empty when nothing is known of the shard. */
  public CompletionStage<Optional<Standing>> read(ProgressKey key) {
    return get(DynamoCheckpointStore.partition(application, key), key.key())
        .thenApply(
            item ->
                item.isEmpty()
                    ? Optional.empty()
                    : Optional.of(parsed("progress item " + key, () -> Attributes.standing(item))));
  }

  private static <T> T parsed(String name, Supplier<T> read) {
    try {
      return read.get();
    } catch (IllegalArgumentException malformed) {
      throw new CheckpointException(name + " can't be read: " + malformed.getMessage(), malformed);
    }
  }

  /**
   * Keeps workers from running the function until {@link #finish}.
   *
   * @param by what places it, for people; the same for all that one run writes, and no other's
   * @param overwrite also where the function has run already
   * @param elsewhere where it begins in shards that nobody places, which came later; empty to leave
   *     that to the function
   */
  public CompletionStage<Void> begin(
      String function, String by, boolean overwrite, Optional<StartingPosition> elsewhere) {
    var update =
        DynamoCheckpointStore.stampFormat(
                new Update(table, DynamoCheckpointStore.functions(application), function))
            .set(Attributes.PLACED, text(by))
            .set(Attributes.PLACING, number(1));
    elsewhere.ifPresent(
        start -> update.setIfAbsent(Attributes.START, text(ProgressText.of(start))));
    if (!overwrite) {
      update.requireAbsentOrPresent(Attributes.START, Attributes.PLACED);
    }
    return write("function " + function, update, by);
  }

  /** Lets workers run the function. */
  public CompletionStage<Void> finish(String function) {
    return write(
        "function " + function,
        new Update(table, DynamoCheckpointStore.functions(application), function)
            .setIfAbsent(Attributes.FORMAT_NUMBER, number(Attributes.FORMAT))
            .remove(Attributes.PLACING)
            .requirePresent(Attributes.PLACED),
        "");
  }

  /**
   * Stores where the function goes on.
   *
   * @param overwrite also where a worker has run the function, but never where it has ended the
   *     shard: its lease is over
   */
  public CompletionStage<Void> place(
      ProgressKey key, Placement placement, String by, boolean overwrite) {
    var update =
        DynamoCheckpointStore.stampFormat(
                new Update(table, DynamoCheckpointStore.partition(application, key), key.key()))
            .set(Attributes.PLACED, text(by))
            .count(Attributes.REV)
            .requireAbsent(Attributes.CHILDREN);
    if (!overwrite) {
      update
          .requireAbsent(Attributes.OWNER)
          .requireAbsentOrPresent(Attributes.FORMAT_NUMBER, Attributes.PLACED);
    }
    if (placement instanceof Placement.At at) {
      place(update, at);
    } else if (placement instanceof Placement.Ended ended) {
      update
          .setIfAbsent(Attributes.OWNER, text(NOBODY))
          .setIfAbsent(Attributes.EPOCH, number(1))
          .setIfAbsent(Attributes.NONCE, text(NOBODY))
          .setIfAbsent(Attributes.SEALS, number(0))
          .set(Attributes.CHILDREN, Attributes.children(ended.children()));
    }
    return write("progress item " + key, update, by);
  }

  private static void place(Update update, Placement.At at) {
    boolean begun = at.from() instanceof StartingPosition.After;
    var base = begun ? StartingPosition.TRIM_HORIZON : at.from();
    var left = Attributes.ended(new EndedParent(0, base, CommitParts.NONE));
    update.set(Attributes.parent(PREDECESSOR), left);
    at.endedParents().forEach(parent -> update.set(Attributes.parent(parent), left));
    if (at.from() instanceof StartingPosition.After after) {
      update.set(Attributes.THROUGH, text(after.position().toString()));
    } else {
      update.remove(Attributes.THROUGH);
    }
    update.remove(Attributes.RANGES).remove(Attributes.DENSE_RANGES).remove(Attributes.PARTS);
  }

  private CompletionStage<Void> write(String name, Update update, String by) {
    return client
        .updateItem(update.request().build())
        .handle(
            (done, failure) -> {
              if (failure != null && !isOwn(Stages.causeOf(failure), by)) {
                throw explained(name, Stages.causeOf(failure));
              }
              return null;
            });
  }

  /** A write that was sent again because its answer was lost meets itself. */
  private static boolean isOwn(Throwable cause, String by) {
    return cause instanceof ConditionalCheckFailedException refused
        && refused.hasItem()
        && text(by).equals(refused.item().get(Attributes.PLACED));
  }

  private CompletionStage<Map<String, AttributeValue>> get(String pk, String sk) {
    return client
        .getItem(
            g ->
                g.tableName(table)
                    .consistentRead(true)
                    .key(Map.of("pk", AttributeValue.fromS(pk), "sk", AttributeValue.fromS(sk))))
        .handle(
            (answer, failure) -> {
              if (failure == null) {
                return answer.hasItem()
                    ? Attributes.requireReadable("item " + sk, table, answer.item())
                    : Map.of();
              }
              var cause = Stages.causeOf(failure);
              if (cause instanceof ResourceNotFoundException) {
                return Map.of();
              }
              throw explained(sk, cause);
            });
  }

  private CheckpointException explained(String name, Throwable cause) {
    var where = name + " of application " + application + " in DynamoDB table " + table;
    return cause instanceof ConditionalCheckFailedException
        ? new CheckpointException(
            where + " has progress of its own since it was looked at: is a worker running?", cause)
        : new CheckpointException(where + " can't be read or written: " + cause, cause);
  }
}
