package io.headrace.function;

import io.headrace.checkpoint.ChunkStore;
import io.headrace.kcl.CheckpointException;
import io.headrace.kcl.CommitParts;
import io.headrace.kcl.loop.Stages;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One run's way to the chunks of parked records: asks until it is done, and deletes what no commit
 * refers to any more. Owned by the worker loop.
 *
 * <p>Deleted is only what a <em>confirmed</em> commit made unreachable, one generation late. A
 * key's chunks go with it to exactly one child, so that an ancestor's are deleted here, too.
 */
final class ParkedStore {
  private static final Logger LOG = LoggerFactory.getLogger(ParkedStore.class);

  private static final Duration RETRY_FIRST = Duration.ofMillis(100);
  private static final Duration RETRY_LONGEST = Duration.ofSeconds(30);
  private static final String NAME = "the store of parked records";

  private final Scope scope;
  private final ChunkStore chunks;

  /** Their records are finished, and no snapshot has been taken since. */
  private final List<String> done = new ArrayList<>();

  /** The latest snapshot does not refer to these. */
  private List<String> captured = new ArrayList<>();

  /** What the commit says that has this snapshot; null where nothing is parked. */
  private byte @Nullable [] capturedPart;

  private boolean isCaptured;

  /** A confirmed commit does not refer to these. */
  private List<String> unreachable = List.of();

  /** Chunks that could not be had or stored, which was told. */
  private final Set<String> troubled = new HashSet<>();

  ParkedStore(Scope scope) {
    this.scope = scope;
    this.chunks = scope.environment.chunks();
  }

  /**
   * Fails where another kind of function, under the same name, has parked records: this one would
   * not handle them, and its first commit would forget them.
   *
   * @param own the part that the handler knows; null where it knows none
   */
  static CompletionStage<Void> noneBut(@Nullable String own, Scope scope, List<CommitParts> parts) {
    for (var name : List.of(CommitParts.PARKED, KeyedHandler.PARKED)) {
      if (!name.equals(own) && parts.stream().anyMatch(each -> each.parts().containsKey(name))) {
        return CompletableFuture.failedFuture(
            new CheckpointException(
                "function "
                    + scope.function
                    + ", shard "
                    + scope.context.key()
                    + ": records of keys that kept failing are parked, by a function of another"
                    + " kind that had this name, and this one can't handle them. Run the former"
                    + " one until nothing is parked any more, or give this one a name of its own"));
      }
    }
    return CompletableFuture.completedFuture(null);
  }

  /**
   * Stores a chunk, however long it takes.
   *
   * @param stored run in a turn of the loop when it is durable
   */
  void put(String name, ParkedChunk chunk, Runnable stored) {
    put(name, chunk, 1, stored);
  }

  /** Off the loop, as a payload may be fetched late and a megabyte takes its time. */
  private void put(String name, ParkedChunk chunk, int attempt, Runnable stored) {
    scope.onPool(
        scope.environment.background(),
        () -> {
          byte[] bytes;
          try {
            bytes = chunk.write();
          } catch (IOException unreadable) {
            scope.post(
                () ->
                    again(name, unreadable, attempt, () -> put(name, chunk, attempt + 1, stored)));
            return;
          }
          put(name, bytes, attempt, stored);
        });
  }

  /** The same bytes under the same name: whichever of the puts is applied, it is this. */
  private void put(String name, byte[] bytes, int attempt, Runnable stored) {
    Stages.ask(
        scope.loop(),
        () -> chunks.put(name, bytes),
        nothing ->
            scope.runUnlessOver(
                () -> {
                  recovered(name);
                  stored.run();
                }),
        failed ->
            scope.runUnlessOver(
                () -> again(name, failed, attempt, () -> put(name, bytes, attempt + 1, stored))));
  }

  /**
   * Reads a chunk, however long it takes: one that is missing or damaged holds its key, since what
   * it holds can't be made up.
   */
  void get(String name, Consumer<ParkedChunk> found) {
    get(name, 1, found);
  }

  private void get(String name, int attempt, Consumer<ParkedChunk> found) {
    Stages.ask(
        scope.loop(),
        () -> chunks.get(name),
        bytes ->
            scope.runUnlessOver(
                () -> {
                  ParkedChunk chunk;
                  try {
                    chunk = ParkedChunk.read(name, bytes);
                  } catch (CheckpointException damaged) {
                    again(name, damaged, attempt, () -> get(name, attempt + 1, found));
                    return;
                  }
                  recovered(name);
                  found.accept(chunk);
                }),
        failed ->
            scope.runUnlessOver(
                () -> again(name, failed, attempt, () -> get(name, attempt + 1, found))));
  }

  private void again(String name, Throwable failed, int attempt, Runnable task) {
    troubled.add(name);
    var wait = RetryPolicy.jittered(RETRY_FIRST, RETRY_LONGEST, attempt, scope.random());
    scope.tell(
        new FunctionEvent.SinkUnavailable(scope.function, scope.context.key(), NAME, failed, wait));
    scope.later(wait, task);
  }

  /** That other chunks go well says nothing of one that is missing. */
  private void recovered(String name) {
    if (troubled.remove(name) && troubled.isEmpty()) {
      scope.tell(new FunctionEvent.SinkRecovered(scope.function, scope.context.key(), NAME));
    }
  }

  /** All records of a chunk are finished as of this turn. */
  void isDone(String name) {
    done.add(name);
  }

  /** A snapshot is taken: what is done by now is not in it. */
  void capturing() {
    captured.addAll(done);
    done.clear();
    isCaptured = false;
  }

  /** The snapshot is durable, and a commit that refers to it says this. */
  void captured(byte @Nullable [] part) {
    if (part == null) {
      capturing();
    }
    capturedPart = part;
    isCaptured = true;
  }

  /** A commit with this is stored for certain. */
  void committed(byte @Nullable [] part) {
    if (!isCaptured || !Arrays.equals(part, capturedPart)) {
      return; // Of another snapshot than the latest nothing is known.
    }
    unreachable.forEach(this::delete);
    unreachable = captured;
    captured = new ArrayList<>();
  }

  /** Deletes what no commit refers to. */
  void delete(String name) {
    var unused =
        chunks
            .delete(name)
            .whenComplete(
                (nothing, thrown) -> {
                  if (thrown != null) {
                    // Garbage, not loss: it costs room until someone sweeps.
                    LOG.warn("chunk {} can't be deleted: {}", name, thrown.toString());
                  }
                });
  }
}
