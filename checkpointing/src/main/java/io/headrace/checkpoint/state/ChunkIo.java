package io.headrace.checkpoint.state;

import io.headrace.kcl.CheckpointException;
import io.headrace.kcl.loop.Stages;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;

/**
 * The chunks of one shard's state: named, written, read and checked. Any thread; stages complete on
 * any thread.
 */
final class ChunkIo {
  private final StateHome home;
  private final StateCache cache;
  private final StateRules rules;
  private final AtomicLong named = new AtomicLong();

  /** Pieces of entries that are being read: many keys may ask for one. */
  private final Map<String, CompletableFuture<DataChunk>> reading = new ConcurrentHashMap<>();

  /** Nodes that are being read: all look-ups of a run begin at the same one. */
  private final Map<String, CompletableFuture<Node>> readingNodes = new ConcurrentHashMap<>();

  /** Of runs that are one chunk: nothing above such a chunk has its filter. */
  private final Map<String, byte[]> blooms = new ConcurrentHashMap<>();

  ChunkIo(StateHome home, StateCache cache, StateRules rules) {
    this.home = home;
    this.cache = cache;
    this.rules = rules;
  }

  StateRules rules() {
    return rules;
  }

  /** Never the same twice. */
  String newName() {
    return home.prefix() + "s" + Long.toHexString(named.incrementAndGet());
  }

  CompletableFuture<Void> put(String name, byte[] bytes) {
    CompletionStage<Void> put;
    try {
      put = home.chunks().put(name, bytes);
    } catch (RuntimeException thrown) {
      put = CompletableFuture.failedFuture(thrown);
    }
    return put.exceptionally(
            thrown -> {
              throw failed(name, "can't be stored", thrown);
            })
        .toCompletableFuture();
  }

  void isTop(String chunk, byte[] bloom) {
    blooms.put(chunk, bloom);
  }

  void forget(String chunk) {
    blooms.remove(chunk);
  }

  CompletableFuture<byte[]> get(ChunkRef ref) {
    return get(ref.name())
        .thenApply(
            bytes -> {
              if (!rules.isMeant(ref, bytes)) {
                throw new CheckpointException(
                    what(ref.name()) + ": is not the one that was committed, or damaged");
              }
              return bytes;
            });
  }

  CompletableFuture<byte[]> get(String name) {
    CompletionStage<byte[]> get;
    try {
      get = home.chunks().get(name);
    } catch (RuntimeException thrown) {
      get = CompletableFuture.failedFuture(thrown);
    }
    return get.handle(
            (bytes, thrown) -> {
              if (thrown != null) {
                throw failed(name, "can't be read", thrown);
              }
              return bytes;
            })
        .toCompletableFuture();
  }

  CompletableFuture<DataChunk> data(ChunkRef ref) {
    return once(ref, reading, bytes -> DataChunk.read(what(ref.name()), bytes));
  }

  /** Whoever asks meanwhile gets the same answer. */
  private <T> CompletableFuture<T> once(
      ChunkRef ref, Map<String, CompletableFuture<T>> underWay, Function<byte[], T> reader) {
    var mine = new CompletableFuture<T>();
    var other = underWay.putIfAbsent(ref.name(), mine);
    if (other != null) {
      return other;
    }
    var unused =
        get(ref)
            .thenApply(reader)
            .whenComplete(
                (chunk, thrown) -> {
                  underWay.remove(ref.name(), mine);
                  if (thrown != null) {
                    mine.completeExceptionally(Stages.causeOf(thrown));
                  } else {
                    mine.complete(chunk);
                  }
                });
    return mine;
  }

  CompletableFuture<Node> node(ChunkRef ref) {
    var known = cache.node(ref.name());
    if (known != null) {
      return CompletableFuture.completedFuture(known);
    }
    return once(
        ref,
        readingNodes,
        bytes -> {
          var node = Node.read(what(ref.name()), bytes);
          cache.put(ref.name(), node);
          return node;
        });
  }

  /** The newest that the runs have of a key; empty where it has none, or was removed. */
  CompletableFuture<Optional<StateValue>> find(byte[] key, List<Run> runs) {
    return find(key, runs, 0);
  }

  private CompletableFuture<Optional<StateValue>> find(byte[] key, List<Run> runs, int from) {
    for (int i = from; i < runs.size(); i++) {
      var run = runs.get(i);
      if (!run.spans(key) || !rules.isInLimit(run, key)) {
        continue;
      }
      var found = find(key, run.top(), run.level());
      boolean isKnown = found.isDone() && !found.isCompletedExceptionally();
      if (isKnown && found.join().isEmpty()) {
        continue;
      }
      int next = i + 1;
      return found.thenCompose(
          entry ->
              entry.isPresent()
                  ? CompletableFuture.completedFuture(Optional.ofNullable(entry.get().value()))
                  : find(key, runs, next));
    }
    return CompletableFuture.completedFuture(Optional.empty());
  }

  private CompletableFuture<Optional<RawEntry>> find(byte[] key, ChunkRef ref, int level) {
    if (level == 0) {
      return isDenied(ref, key)
          ? CompletableFuture.completedFuture(Optional.empty())
          : data(ref).thenApply(chunk -> found(ref, chunk, key));
    }
    return node(ref)
        .thenCompose(
            node -> {
              var child = node.childOf(key);
              return child == null
                  ? CompletableFuture.completedFuture(Optional.empty())
                  : find(key, child, node.level() - 1);
            });
  }

  private boolean isDenied(ChunkRef ref, byte[] key) {
    byte[] bloom = ref.bloom().length > 0 ? ref.bloom() : blooms.get(ref.name());
    return bloom != null && !rules.mayHold(bloom, key);
  }

  private Optional<RawEntry> found(ChunkRef ref, DataChunk chunk, byte[] key) {
    if (ref.bloom().length == 0) {
      blooms.computeIfAbsent(ref.name(), name -> Bloom.of(chunk.entries()));
    }
    return Optional.ofNullable(chunk.find(key));
  }

  private String what(String chunk) {
    return home.owner() + ", state chunk " + chunk;
  }

  private CheckpointException failed(String chunk, String how, Throwable thrown) {
    var cause = Stages.causeOf(thrown);
    return new CheckpointException(what(chunk) + ": " + how + ": " + cause.getMessage(), cause);
  }
}
