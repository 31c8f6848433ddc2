package io.headrace.harness.fleet;

import io.headrace.checkpoint.CheckpointStore;
import io.headrace.checkpoint.ChunkStore;
import io.headrace.checkpoint.EndedParent;
import io.headrace.checkpoint.ForwardingCheckpointStore;
import io.headrace.checkpoint.ForwardingChunkStore;
import io.headrace.checkpoint.ProgressItem;
import io.headrace.checkpoint.ProgressKey;
import io.headrace.checkpoint.WriteAnswer;
import io.headrace.checkpoint.WriteClaim;
import io.headrace.function.DeadLetter;
import io.headrace.function.DiscardedBatch;
import io.headrace.function.OutputTap;
import io.headrace.function.Side;
import io.headrace.kcl.CommitParts;
import io.headrace.kcl.Incarnation;
import io.headrace.kcl.LeaseToken;
import io.headrace.kcl.Position;
import io.headrace.kcl.Progress;
import io.headrace.kcl.StartingPosition;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Faults of commits, ends, state and outputs. */
final class PlantedProgressFaults {
  /** Seals nothing, since every item's epoch is at least as high: a read. */
  private static final LeaseToken READER = new LeaseToken(new Incarnation("reader", "planted"), 1);

  private PlantedProgressFaults() {}

  static Plant atStore(UnaryOperator<CheckpointStore> shim) {
    return new Plant() {
      @Override
      public CheckpointStore store(CheckpointStore store) {
        return shim.apply(store);
      }
    };
  }

  /** Changes what is committed. */
  static Plant commits(UnaryOperator<CheckpointStore.Commit> change) {
    return atStore(
        store ->
            new ForwardingCheckpointStore(store) {
              @Override
              public CompletionStage<WriteAnswer> commit(Commit commit) {
                return super.commit(change.apply(commit));
              }
            });
  }

  /** Changes what a shard's end leaves behind. */
  static Plant ends(UnaryOperator<CheckpointStore.End> change) {
    return atStore(
        store ->
            new ForwardingCheckpointStore(store) {
              @Override
              public CompletionStage<WriteAnswer> end(End end) {
                return super.end(change.apply(end));
              }
            });
  }

  /** The children are left something else of what the shard kept. */
  static Plant endsLeaving(UnaryOperator<CommitParts> change) {
    return ends(
        end ->
            leaving(
                end,
                new EndedParent(
                    end.left().fencingToken(),
                    end.left().childrenFrom(),
                    change.apply(end.left().parts()))));
  }

  static Plant nothingIsTakenOver() {
    return atStore(
        store ->
            new ForwardingCheckpointStore(store) {
              @Override
              public CompletionStage<Void> takeOver(TakeOver takeOver) {
                return CompletableFuture.completedFuture(null);
              }
            });
  }

  /**
   * Commits are carried out although the item is another's, or has moved on.
   *
   * @param otherTokens whether the token is not looked at either
   */
  static Plant unconditionalCommits(boolean otherTokens) {
    return atStore(
        store ->
            new ForwardingCheckpointStore(store) {
              @Override
              public CompletionStage<WriteAnswer> commit(Commit commit) {
                var claim = commit.claim();
                var now = seal(claim.key(), READER, "planted").toCompletableFuture().join();
                boolean same = now.token().equals(claim.token());
                if (now.children().isPresent() || (!same && !otherTokens)) {
                  return super.commit(commit);
                }
                var forced =
                    new WriteClaim(
                        claim.key(), now.token(), now.rev(), now.nonce(), claim.attempt());
                return super.commit(
                    new Commit(forced, commit.progress(), commit.parts(), commit.takenOver()));
              }
            });
  }

  static Progress throughLastRange(Progress progress) {
    var ranges = progress.ranges();
    return ranges.isEmpty()
        ? progress
        : new Progress(Optional.of(ranges.get(ranges.size() - 1).last()), List.of());
  }

  static Progress oneTooFar(Progress progress) {
    return new Progress(
        progress.through().map(PlantedProgressFaults::next),
        progress.ranges().stream().filter(range -> progress.through().isEmpty()).toList());
  }

  private static Position next(Position position) {
    return Position.of(Long.parseLong(position.sequence().value()) + 1);
  }

  static CheckpointStore.Commit with(CheckpointStore.Commit commit, Progress progress) {
    return new CheckpointStore.Commit(commit.claim(), progress, commit.parts(), commit.takenOver());
  }

  /** State is written one commit later than the progress that it belongs to. */
  static Plant stateBehindProgress() {
    var last = new HashMap<ProgressKey, CommitParts>();
    return commits(
        commit -> {
          var before = last.put(commit.claim().key(), commit.parts());
          return new CheckpointStore.Commit(
              commit.claim(),
              commit.progress(),
              before == null ? commit.parts() : before,
              commit.takenOver());
        });
  }

  /** Positions are compared as text: what is "less" is taken for old and not stored. */
  static Plant positionsAsText() {
    var furthest = new HashMap<ProgressKey, String>();
    return atStore(
        store ->
            new ForwardingCheckpointStore(store) {
              @Override
              public CompletionStage<WriteAnswer> commit(Commit commit) {
                var through = commit.progress().through().map(p -> p.sequence().value()).orElse("");
                var before =
                    furthest.merge(commit.claim().key(), through, PlantedProgressFaults::later);
                return before.equals(through)
                    ? super.commit(commit)
                    : CompletableFuture.completedFuture(new WriteAnswer.Applied());
              }
            });
  }

  private static String later(String a, String b) {
    return a.compareTo(b) > 0 ? a : b;
  }

  /** The seal answers that it succeeded before, and instead of, being written. */
  static Plant sealNotWritten() {
    return atStore(
        store ->
            new ForwardingCheckpointStore(store) {
              @Override
              public CompletionStage<ProgressItem> seal(
                  ProgressKey key, LeaseToken token, String nonce) {
                return super.seal(key, READER, nonce)
                    .thenApply(
                        item ->
                            new ProgressItem(
                                token,
                                item.rev(),
                                item.nonce(),
                                item.seals(),
                                item.attempt(),
                                item.progress(),
                                item.parts(),
                                item.parents(),
                                item.children(),
                                item.moved()));
              }

              @Override
              public CompletionStage<WriteAnswer> commit(Commit commit) {
                var now =
                    super.seal(commit.claim().key(), READER, "p").toCompletableFuture().join();
                var claim = commit.claim();
                return super.commit(
                    new Commit(
                        new WriteClaim(
                            claim.key(), now.token(), claim.rev(), claim.nonce(), claim.attempt()),
                        commit.progress(),
                        commit.parts(),
                        commit.takenOver()));
              }

              @Override
              public CompletionStage<WriteAnswer> end(End end) {
                var now = super.seal(end.claim().key(), READER, "p").toCompletableFuture().join();
                var claim = end.claim();
                return super.end(
                    new End(
                        new WriteClaim(
                            claim.key(), now.token(), claim.rev(), claim.nonce(), claim.attempt()),
                        end.progress(),
                        end.left(),
                        end.children()));
              }
            });
  }

  /** Parents that have not ended are taken for ended. */
  static Plant parentsNotAwaited() {
    return new Plant() {
      @Override
      public CheckpointStore storeOf(SimulatedProcess process, CheckpointStore store) {
        return new ForwardingCheckpointStore(store) {
          @Override
          public CompletionStage<ProgressItem> seal(
              ProgressKey key, LeaseToken token, String nonce) {
            return super.seal(key, token, nonce)
                .thenApply(
                    item -> {
                      var parents = new HashMap<>(item.parents());
                      for (var parent : process.world().puts().parentsOf(key.shard().shard())) {
                        parents.putIfAbsent(
                            parent,
                            new EndedParent(0, StartingPosition.TRIM_HORIZON, CommitParts.NONE));
                      }
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
                    });
          }
        };
      }
    };
  }

  /** Where a function begins is worked out anew each time. */
  static Plant startResolvedAnew() {
    return new Plant() {
      @Override
      public CheckpointStore storeOf(SimulatedProcess process, CheckpointStore store) {
        return new ForwardingCheckpointStore(store) {
          @Override
          public CompletionStage<StartingPosition> startOf(
              String function, StartingPosition proposed) {
            return super.startOf(function, proposed)
                .thenApply(first -> StartingPosition.at(process.world().loop().now()));
          }
        };
      }
    };
  }

  /** The children of a shard begin at what comes next. */
  static Plant childrenBeginAtLatest() {
    return new Plant() {
      @Override
      public CheckpointStore storeOf(SimulatedProcess process, CheckpointStore store) {
        return new ForwardingCheckpointStore(store) {
          @Override
          public CompletionStage<WriteAnswer> end(End end) {
            var now = StartingPosition.at(process.world().loop().now());
            var left = new EndedParent(end.left().fencingToken(), now, end.left().parts());
            return super.end(new End(end.claim(), end.progress(), left, end.children()));
          }
        };
      }
    };
  }

  static CheckpointStore.End leaving(CheckpointStore.End end, EndedParent left) {
    return new CheckpointStore.End(end.claim(), end.progress(), left, end.children());
  }

  /** Of functions with state and without. */
  static CommitParts withoutParked(CommitParts parts) {
    var left = new HashMap<>(parts.parts());
    left.keySet().removeIf(part -> part.startsWith(CommitParts.PARKED));
    return new CommitParts(left);
  }

  /** A chunk that was referred to for so long is taken for garbage. */
  static Plant chunksExpireAfter(Duration time) {
    return new Plant() {
      @Override
      public ChunkStore chunksOf(SimulatedProcess process, ChunkStore chunks) {
        return new ForwardingChunkStore(chunks) {
          @Override
          public CompletionStage<Void> put(String name, byte[] bytes) {
            var world = process.world();
            var unused = world.loop().schedule(time, () -> world.chunks().delete(name));
            return super.put(name, bytes);
          }
        };
      }
    };
  }

  /** Whoever has read a chunk of its parent deletes it. */
  static Plant readChunksAreFreed() {
    return new Plant() {
      @Override
      public ChunkStore chunksOf(SimulatedProcess process, ChunkStore chunks) {
        return new ForwardingChunkStore(chunks) {
          @Override
          public CompletionStage<byte[]> get(String name) {
            return super.get(name)
                .thenApply(
                    bytes -> {
                      var unused = process.world().chunks().delete(name);
                      return bytes;
                    });
          }
        };
      }
    };
  }

  /** A sink says that something is durable some time before it is. */
  static Plant sinkAnswersEarly(boolean letters) {
    return new Plant() {
      @Override
      public OutputTap tapOf(SimulatedProcess process, OutputTap tap) {
        return new OutputTap() {
          @Override
          public void output(String function, @Nullable Side<?> side, String id, Object value) {
            later(!letters, () -> tap.output(function, side, id, value));
          }

          @Override
          public void deadLetter(DeadLetter letter) {
            later(letters, () -> tap.deadLetter(letter));
          }

          @Override
          public void discarded(DiscardedBatch batch) {
            later(letters, () -> tap.discarded(batch));
          }

          private void later(boolean planted, Runnable send) {
            if (planted) {
              var unused = process.pool().schedule(Duration.ofMillis(20), send);
            } else {
              send.run();
            }
          }
        };
      }
    };
  }
}
