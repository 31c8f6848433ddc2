package io.headrace.kcl;

import io.headrace.kcl.loop.EventLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/**
 * Where functions are in shards, for engine tests: sealed and fenced like the real store, answers
 * late, and can be out of reach. On the loop only.
 */
public final class InMemoryProgress {
  /** A commit is due after so many records or so long. */
  private static final int COMMIT_RECORDS = 20;

  private static final Duration COMMIT_AFTER = Duration.ofMillis(500);

  private final EventLoop loop;
  private final RandomGenerator random;
  private final Map<String, Item> items = new HashMap<>();
  private boolean outOfReach;
  private Duration putOff = Duration.ZERO;
  private int writes;

  public InMemoryProgress(EventLoop loop, RandomGenerator random) {
    this.loop = loop;
    this.random = random;
  }

  /** Checkpointers of one function that begins at {@code start}. */
  public Checkpointer.Factory of(String function, StartingPosition start) {
    return (key, shard, token) -> new InMemoryCheckpointer(key, shard, token, function, start);
  }

  public void outOfReach(boolean now) {
    outOfReach = now;
  }

  /** How many commits and ends were stored. */
  public int writes() {
    return writes;
  }

  /** What is committed. */
  public Progress progress(ShardKey key, String function) {
    return item(key, function).progress;
  }

  public CommitParts parts(ShardKey key, String function) {
    return item(key, function).parts;
  }

  /** What the parents left. */
  public List<CommitParts> inherited(ShardKey key, String function) {
    return List.copyOf(item(key, function).endedParents.values());
  }

  public boolean isEnded(ShardKey key, String function) {
    return item(key, function).children.isPresent();
  }

  private Item item(ShardKey key, String function) {
    return items.computeIfAbsent(key + "!" + function, name -> new Item());
  }

  /** For how long commits wait for their turn. */
  public void putOff(Duration wait) {
    putOff = wait;
  }

  private <T> CompletionStage<T> later(Supplier<T> answer) {
    return later(Duration.ZERO, answer);
  }

  private <T> CompletionStage<T> later(Duration wait, Supplier<T> answer) {
    var stage = new CompletableFuture<T>();
    loop.schedule(
        wait.plusMillis(1 + random.nextInt(20)),
        () -> {
          if (outOfReach) {
            stage.completeExceptionally(new CheckpointException("the store is out of reach"));
            return;
          }
          var value = answer.get();
          loop.schedule(Duration.ofMillis(1 + random.nextInt(5)), () -> stage.complete(value));
        });
    return stage;
  }

  private static final class Item {
    Optional<LeaseToken> token = Optional.empty();
    Progress progress = Progress.NONE;
    CommitParts parts = CommitParts.NONE;
    boolean begun;
    Optional<List<Shard>> children = Optional.empty();
    final Map<ShardId, CommitParts> endedParents = new LinkedHashMap<>();
  }

  private final class InMemoryCheckpointer implements Checkpointer {
    private final ShardKey key;
    private final Shard shard;
    private final LeaseToken token;
    private final String function;
    private final StartingPosition start;
    private final TreeMap<Position, Boolean> begun = new TreeMap<>();
    private Progress resumed = Progress.NONE;
    private int settled;
    private boolean changed;
    private long dirtySince;

    InMemoryCheckpointer(
        ShardKey key, Shard shard, LeaseToken token, String function, StartingPosition start) {
      this.key = key;
      this.shard = shard;
      this.token = token;
      this.function = function;
      this.start = start;
    }

    @Override
    public CompletionStage<Resumption> seal() {
      return later(this::sealNow);
    }

    private Resumption sealNow() {
      var item = item(key, function);
      if (item.token.filter(other -> other.epoch() > token.epoch()).isPresent()) {
        return new Resumption.Fenced(item.token.get());
      }
      item.token = Optional.of(token);
      if (item.children.isPresent()) {
        return new Resumption.Ended(item.children.get());
      }
      if (!item.begun && !item.endedParents.keySet().containsAll(shard.parents())) {
        var missing = new ArrayList<>(shard.parents());
        missing.removeAll(item.endedParents.keySet());
        return new Resumption.WaitingForParents(Set.copyOf(missing));
      }
      var parts = item.begun ? List.of(item.parts) : List.copyOf(item.endedParents.values());
      resumed = item.progress;
      var beginning = shard.parents().isEmpty() ? start : StartingPosition.TRIM_HORIZON;
      var from = resumed.through().<StartingPosition>map(StartingPosition::after).orElse(beginning);
      return new Resumption.Ready(from, token.epoch(), parts);
    }

    @Override
    public boolean begin(Position position) {
      if (resumed.through().filter(through -> position.compareTo(through) <= 0).isPresent()
          || resumed.ranges().stream().anyMatch(range -> holds(range, position))) {
        return false;
      }
      if (!begun.isEmpty() && position.compareTo(begun.lastKey()) <= 0) {
        throw new IllegalStateException(position + " is begun after " + begun.lastKey());
      }
      begun.put(position, false);
      return true;
    }

    private boolean holds(Progress.Range range, Position position) {
      return range.first().compareTo(position) <= 0 && position.compareTo(range.last()) <= 0;
    }

    @Override
    public void settled(Position position) {
      if (!Boolean.FALSE.equals(begun.get(position))) {
        throw new IllegalStateException(position + " is settled and not in flight");
      }
      begun.put(position, true);
      touch();
      settled++;
    }

    @Override
    public void stateChanged() {
      touch();
      changed = true;
    }

    private void touch() {
      if (!dirty()) {
        dirtySince = loop.ticks();
      }
    }

    @Override
    public boolean due(long ticks) {
      return settled >= COMMIT_RECORDS || ticks - dirtySince >= COMMIT_AFTER.toNanos();
    }

    @Override
    public boolean dirty() {
      return settled > 0 || changed;
    }

    @Override
    public Progress capture() {
      settled = 0;
      changed = false;
      var through = resumed.through();
      var ranges = new ArrayList<Progress.Range>();
      boolean gap = false;
      for (var entry : begun.entrySet()) {
        if (!entry.getValue()) {
          gap = true;
        } else if (gap) {
          ranges.add(new Progress.Range(entry.getKey(), entry.getKey()));
        } else {
          through = Optional.of(entry.getKey());
        }
      }
      for (var range : resumed.ranges()) {
        if (through.isEmpty() || range.first().compareTo(through.get()) > 0) {
          ranges.add(range);
        }
      }
      ranges.sort((a, b) -> a.first().compareTo(b.first()));
      return new Progress(through, ranges);
    }

    @Override
    public CompletionStage<CommitOutcome> commit(Progress progress, CommitParts parts) {
      CompletionStage<CommitOutcome> stage =
          later(
              putOff,
              () -> {
                var item = item(key, function);
                if (!item.token.equals(Optional.of(token))) {
                  return new CommitOutcome.Fenced(item.token.orElseThrow());
                }
                var before = item.progress.through();
                if (before.isPresent()
                    && progress.through().orElseThrow().compareTo(before.get()) < 0) {
                  throw new IllegalStateException(key + " goes back from " + before);
                }
                writes++;
                item.progress = progress;
                item.parts = parts;
                item.begun = true;
                return new CommitOutcome.Committed(progress);
              });
      return again(stage);
    }

    @Override
    public CompletionStage<CommitOutcome> end(CommitParts parts, List<Shard> children) {
      if (begun.containsValue(false)) {
        throw new IllegalStateException(key + " is ended with unsettled records: " + begun);
      }
      CompletionStage<CommitOutcome> stage =
          later(
              () -> {
                var item = item(key, function);
                if (!item.token.equals(Optional.of(token))) {
                  return new CommitOutcome.Fenced(item.token.orElseThrow());
                }
                writes++;
                item.children = Optional.of(children);
                for (var child : children) {
                  item(new ShardKey(key.stream(), child.id()), function)
                      .endedParents
                      .put(shard.id(), parts);
                }
                return new CommitOutcome.Committed(item.progress);
              });
      return again(stage);
    }

    /** What a failed write was to store is still to be stored. */
    private CompletionStage<CommitOutcome> again(CompletionStage<CommitOutcome> stage) {
      return stage.whenComplete(
          (outcome, failed) -> {
            if (failed != null) {
              stateChanged();
            }
          });
    }
  }
}
