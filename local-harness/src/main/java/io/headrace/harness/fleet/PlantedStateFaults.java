package io.headrace.harness.fleet;

import io.headrace.checkpoint.CheckpointStore;
import io.headrace.checkpoint.ChunkStore;
import io.headrace.checkpoint.EndedParent;
import io.headrace.checkpoint.ForwardingCheckpointStore;
import io.headrace.checkpoint.ForwardingChunkStore;
import io.headrace.checkpoint.ProgressItem;
import io.headrace.checkpoint.ProgressKey;
import io.headrace.checkpoint.WriteAnswer;
import io.headrace.function.DeadLetter;
import io.headrace.function.DiscardedBatch;
import io.headrace.function.OutputTap;
import io.headrace.function.Side;
import io.headrace.kcl.CommitParts;
import io.headrace.kcl.LeaseToken;
import io.headrace.kcl.Progress;
import io.headrace.kcl.ShardId;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Faults of state, timers, windows and their outputs. */
final class PlantedStateFaults {
  private PlantedStateFaults() {}

  /** Changes what whoever takes a shard over finds. */
  static Plant seals(UnaryOperator<ProgressItem> change) {
    return PlantedProgressFaults.atStore(
        store ->
            new ForwardingCheckpointStore(store) {
              @Override
              public CompletionStage<ProgressItem> seal(
                  ProgressKey key, LeaseToken token, String nonce) {
                return super.seal(key, token, nonce).thenApply(change);
              }
            });
  }

  static ProgressItem withParts(ProgressItem item, Optional<CommitParts> parts) {
    return new ProgressItem(
        item.token(),
        item.rev(),
        item.nonce(),
        item.seals(),
        item.attempt(),
        item.progress(),
        parts,
        item.parents(),
        item.children(),
        item.moved());
  }

  /** Of two parents only one gives its state. */
  static ProgressItem withOneParent(ProgressItem item) {
    return withAllButOneParent(item, parts -> CommitParts.NONE);
  }

  /** Of two parents one gives something else of what it kept. */
  static ProgressItem withAllButOneParent(ProgressItem item, UnaryOperator<CommitParts> change) {
    var parents = new HashMap<>(item.parents());
    var dropped =
        parents.keySet().stream().sorted(Comparator.comparing(ShardId::value)).skip(1).toList();
    dropped.forEach(
        parent ->
            parents.computeIfPresent(
                parent,
                (id, left) ->
                    new EndedParent(
                        left.fencingToken(), left.childrenFrom(), change.apply(left.parts()))));
    return new ProgressItem(
        item.token(),
        item.rev(),
        item.nonce(),
        item.seals(),
        item.attempt(),
        item.progress(),
        item.parts(),
        parents,
        item.children(),
        item.moved());
  }

  /**
   * Who takes over finds the state of the commit before the last, with the progress of the last.
   */
  static Plant stateReadTooOld() {
    return PlantedProgressFaults.atStore(
        store ->
            new ForwardingCheckpointStore(store) {
              private final HashMap<ProgressKey, List<CommitParts>> committed = new HashMap<>();

              @Override
              public CompletionStage<WriteAnswer> commit(Commit commit) {
                return super.commit(commit)
                    .thenApply(
                        answer -> {
                          if (answer instanceof WriteAnswer.Applied) {
                            committed
                                .computeIfAbsent(commit.claim().key(), k -> new ArrayList<>())
                                .add(commit.parts());
                          }
                          return answer;
                        });
              }

              @Override
              public CompletionStage<ProgressItem> seal(
                  ProgressKey key, LeaseToken token, String nonce) {
                var all = committed.getOrDefault(key, List.of());
                return super.seal(key, token, nonce)
                    .thenApply(
                        item ->
                            all.size() < 2
                                ? item
                                : withParts(item, Optional.of(all.get(all.size() - 2))));
              }
            });
  }

  /** A commit that moves no position, as of timers and windows, is taken for needless. */
  static Plant commitsWithoutProgressLeftOut() {
    return PlantedProgressFaults.atStore(
        store ->
            new ForwardingCheckpointStore(store) {
              private final HashMap<ProgressKey, Progress> last = new HashMap<>();

              @Override
              public CompletionStage<WriteAnswer> commit(Commit commit) {
                var before = last.put(commit.claim().key(), commit.progress());
                return commit.progress().equals(before)
                    ? CompletableFuture.completedFuture(new WriteAnswer.Applied())
                    : super.commit(commit);
              }
            });
  }

  private static void free(ChunkStore chunks, String name) {
    var unused = chunks.delete(name);
  }

  /** A commit names chunks whose writing was begun, whatever becomes of it. */
  static Plant chunksNotAwaited() {
    return new Plant() {
      @Override
      public ChunkStore chunksOf(SimulatedProcess process, ChunkStore chunks) {
        return new ForwardingChunkStore(chunks) {
          @Override
          public CompletionStage<Void> put(String name, byte[] bytes) {
            var unused = super.put(name, bytes);
            return CompletableFuture.completedFuture(null);
          }
        };
      }
    };
  }

  /** Chunks of a commit that was not answered are deleted, as if it had failed. */
  static Plant unansweredCommitsFreeTheirChunks() {
    return new Plant() {
      private final HashMap<SimulatedProcess, List<String>> put = new HashMap<>();

      @Override
      public ChunkStore chunksOf(SimulatedProcess process, ChunkStore chunks) {
        return new ForwardingChunkStore(chunks) {
          @Override
          public CompletionStage<Void> put(String name, byte[] bytes) {
            put.computeIfAbsent(process, p -> new ArrayList<>()).add(name);
            return super.put(name, bytes);
          }
        };
      }

      @Override
      public CheckpointStore storeOf(SimulatedProcess process, CheckpointStore store) {
        return new ForwardingCheckpointStore(store) {
          @Override
          public CompletionStage<WriteAnswer> commit(Commit commit) {
            var own = put.remove(process);
            return super.commit(commit)
                .whenComplete(
                    (answer, thrown) -> {
                      if (thrown != null && own != null) {
                        own.forEach(name -> free(process.world().chunks(), name));
                      }
                    });
          }
        };
      }
    };
  }

  /** A new owner deletes what former owners wrote, whether its state refers to it or not. */
  static Plant formerChunksSwept() {
    return new Plant() {
      @Override
      public ChunkStore chunksOf(SimulatedProcess process, ChunkStore chunks) {
        return new ForwardingChunkStore(chunks) {
          @Override
          public CompletionStage<Void> put(String name, byte[] bytes) {
            int slash = name.lastIndexOf('/');
            var run = name.substring(0, name.lastIndexOf('.') + 1);
            var all = process.world().chunks();
            var unused =
                all.names(name.substring(0, slash), Optional.empty())
                    .thenAccept(
                        names ->
                            names.stream()
                                .filter(each -> !each.startsWith(run))
                                .forEach(each -> free(all, each)));
            return super.put(name, bytes);
          }
        };
      }
    };
  }

  /** Outputs of windows and timers, which no record stands for, count as sent when they are not. */
  static Plant refusedOutputsCountAsSent() {
    return taps(
        (process, tap) ->
            new Taps(tap) {
              @Override
              public void output(String function, @Nullable Side<?> side, String id, Object value) {
                try {
                  tap.output(function, side, id, value);
                } catch (UncheckedIOException refused) {
                  if (!id.startsWith("window/") && !id.startsWith("timer/")) {
                    throw refused;
                  }
                }
              }
            });
  }

  /** Outputs are named anew in each process, so that nobody knows what comes again. */
  static Plant outputsNamedByProcess(String kind) {
    return taps(
        (process, tap) ->
            new Taps(tap) {
              @Override
              public void output(String function, @Nullable Side<?> side, String id, Object value) {
                boolean own = id.startsWith("window/") || id.startsWith("timer/");
                boolean planted = kind.isEmpty() ? !own : id.startsWith(kind);
                tap.output(function, side, planted ? process.name() + "/" + id : id, value);
              }
            });
  }

  private interface TapOf {
    OutputTap of(SimulatedProcess process, OutputTap tap);
  }

  private static Plant taps(TapOf planted) {
    return new Plant() {
      @Override
      public OutputTap tapOf(SimulatedProcess process, OutputTap tap) {
        return planted.of(process, tap);
      }
    };
  }

  private abstract static class Taps implements OutputTap {
    private final OutputTap tap;

    Taps(OutputTap tap) {
      this.tap = tap;
    }

    @Override
    public void deadLetter(DeadLetter letter) {
      tap.deadLetter(letter);
    }

    @Override
    public void discarded(DiscardedBatch batch) {
      tap.discarded(batch);
    }
  }
}
