package io.headrace.function;

import io.headrace.checkpoint.ChunkStore;
import io.headrace.kcl.CheckpointException;
import io.headrace.kcl.loop.Stages;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
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

  private boolean troubled;

  ParkedStore(Scope scope) {
    this.scope = scope;
    this.chunks = scope.environment.chunks();
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
                () -> again(unreadable, attempt, () -> put(name, chunk, attempt + 1, stored)));
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
                  recovered();
                  stored.run();
                }),
        failed ->
            scope.runUnlessOver(
                () -> again(failed, attempt, () -> put(name, bytes, attempt + 1, stored))));
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
                    again(damaged, attempt, () -> get(name, attempt + 1, found));
                    return;
                  }
                  recovered();
                  found.accept(chunk);
                }),
        failed ->
            scope.runUnlessOver(() -> again(failed, attempt, () -> get(name, attempt + 1, found))));
  }

  private void again(Throwable failed, int attempt, Runnable task) {
    troubled = true;
    var wait = RetryPolicy.jittered(RETRY_FIRST, RETRY_LONGEST, attempt, scope.random());
    scope.tell(
        new FunctionEvent.SinkUnavailable(scope.function, scope.context.key(), NAME, failed, wait));
    scope.later(wait, task);
  }

  private void recovered() {
    if (troubled) {
      troubled = false;
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
