package io.headrace.function;

import io.headrace.checkpoint.ChunkStore;
import io.headrace.kcl.CheckpointException;
import io.headrace.kcl.CommitParts;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stores what one function keeps in one shard, its state or the list of its parked keys, as chunks
 * and collects those that no commit refers to any more. Owned by the worker loop.
 *
 * <p>A chunk's name holds the lease's epoch, a draw for this start and a counter, so it is never
 * used twice. Deleted is only what a <em>confirmed</em> commit made unreachable, one generation
 * late, and only chunks of this very shard: a parent's chunk may be another child's as well.
 */
final class StateKeeper {
  private static final Logger LOG = LoggerFactory.getLogger(StateKeeper.class);

  private final Scope scope;
  private final String part;
  private final String kind;
  private final ChunkStore chunks;
  private final String shardPrefix;
  private final String prefix;
  private int written;
  private boolean inherited;

  /** What the next commit refers to when nothing changes. */
  private @Nullable StateRoot current;

  /** The latest snapshot while it is being stored. */
  private @Nullable CompletableFuture<CommitParts> writing;

  private @Nullable StateRoot confirmed;
  private @Nullable StateRoot confirmedBefore;

  /** A chunk as it was stored. */
  record Stored(String name, byte[] bytes) {}

  StateKeeper(Scope scope) {
    this(scope, StateRoot.STATE);
  }

  /**
   * @param part of the commit, which names the latest chunk
   */
  StateKeeper(Scope scope, String part) {
    this(scope, part, "");
  }

  /**
   * @param part of the commit, which names the latest chunk
   * @param kind stands before the number in the names of chunks, so that a sweep knows them
   */
  StateKeeper(Scope scope, String part, String kind) {
    this.scope = scope;
    this.part = part;
    this.kind = kind;
    this.chunks = scope.environment.chunks();
    var names = new ChunkNames(scope);
    this.shardPrefix = names.shardPrefix();
    this.prefix = names.prefix();
  }

  /** Whether what was loaded belongs to the parents, so that this shard must store its own. */
  boolean isInherited() {
    return inherited;
  }

  /** What the names of all chunks of this function in this shard begin with. */
  String directory() {
    return shardPrefix;
  }

  /** What the names of this run's chunks begin with; no other run's do. */
  String prefix() {
    return prefix;
  }

  /** Reads the state that the commits name; completes on any thread. */
  CompletionStage<List<StateChunk>> load(List<CommitParts> parts) {
    return loadChunks(parts)
        .thenApply(
            all -> all.stream().map(each -> StateChunk.read(each.name(), each.bytes())).toList());
  }

  /** Reads the chunks that the commits name; completes on any thread. */
  CompletionStage<List<Stored>> loadChunks(List<CommitParts> parts) {
    CompletableFuture<List<Stored>> all = CompletableFuture.completedFuture(List.of());
    for (var each : parts) {
      var root = StateRoot.of(each, part).orElse(null);
      if (root == null) {
        continue;
      }
      if (parts.size() == 1 && root.chunk().startsWith(shardPrefix)) {
        current = root;
        confirmed = root;
      }
      inherited |= current == null;
      all = all.thenCombine(load(chunks, part, root), StateKeeper::with);
    }
    return all;
  }

  /**
   * Stores state as of this turn.
   *
   * @param changed whether anything changed since the last call
   * @param state written in the background
   */
  CompletionStage<CommitParts> snapshot(boolean changed, Supplier<StateChunk> state) {
    return snapshotOf(changed, () -> state.get().write());
  }

  /** As {@link #snapshot}, of whatever is kept. */
  CompletionStage<CommitParts> snapshotOf(boolean changed, Supplier<byte[]> state) {
    if (!changed) {
      // What is still being written holds the state as of now, and no older chunk does.
      return writing != null
          ? writing
          : CompletableFuture.completedFuture(
              current == null ? CommitParts.NONE : current.parts(part));
    }
    var name = prefix + kind + ++written;
    var stored = new CompletableFuture<CommitParts>();
    writing = stored;
    scope.inBackgroundEvenIfOver(
        () -> {
          try {
            write(name, state.get(), stored);
          } catch (Throwable thrown) {
            scope.loop().execute(() -> stored.completeExceptionally(thrown));
          }
        });
    return stored;
  }

  /** There is nothing to keep any more: the next commit names no chunk. */
  void keepNothing() {
    current = null;
    writing = null;
  }

  private void write(String name, byte[] bytes, CompletableFuture<CommitParts> stored) {
    var root = new StateRoot(name, ChunkBytes.checksum(bytes));
    var unused =
        chunks
            .put(name, bytes)
            .whenComplete(
                (done, thrown) -> scope.loop().execute(() -> stored(root, thrown, stored)));
  }

  /** The commit that refers to these parts is stored for certain. */
  void committed(CommitParts parts) {
    var root = StateRoot.of(parts, part).orElse(null);
    if (Objects.equals(root, confirmed)) {
      return;
    }
    var unreachable = confirmedBefore;
    confirmedBefore = confirmed;
    confirmed = root;
    if (unreachable != null && unreachable.chunk().startsWith(shardPrefix)) {
      delete(unreachable);
    }
  }

  private void stored(
      StateRoot root, @Nullable Throwable thrown, CompletableFuture<CommitParts> answer) {
    boolean latest = writing == answer;
    if (latest) {
      writing = null;
    }
    if (thrown != null) {
      answer.completeExceptionally(
          new CheckpointException(
              "function " + scope.function + ": chunk " + root.chunk() + " can't be stored",
              thrown));
      return;
    }
    if (latest) {
      current = root;
    }
    answer.complete(root.parts(part));
  }

  private void delete(StateRoot root) {
    var unused =
        chunks
            .delete(root.chunk())
            .whenComplete(
                (done, thrown) -> {
                  if (thrown != null) {
                    // Garbage, not loss: it costs room until someone sweeps.
                    LOG.warn("chunk {} can't be deleted: {}", root.chunk(), thrown.toString());
                  }
                });
  }

  /**
   * Reads a chunk that a commit names.
   *
   * @param part of the commit, for errors
   */
  static CompletableFuture<Stored> load(ChunkStore chunks, String part, StateRoot root) {
    return chunks
        .get(root.chunk())
        .thenApply(
            bytes -> {
              if (ChunkBytes.checksum(bytes) != root.checksum()) {
                throw new CheckpointException(
                    part + " chunk " + root.chunk() + ": is not the one that was committed");
              }
              return new Stored(root.chunk(), bytes);
            })
        .toCompletableFuture();
  }

  private static List<Stored> with(List<Stored> some, Stored one) {
    var more = new ArrayList<>(some);
    more.add(one);
    return List.copyOf(more);
  }
}
