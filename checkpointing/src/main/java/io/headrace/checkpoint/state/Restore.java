package io.headrace.checkpoint.state;

import io.headrace.kcl.CheckpointException;
import io.headrace.kcl.CommitParts;
import io.headrace.kcl.HashRange;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Reads what a shard's state goes on from: roots first, then all that is resident; of the rest only
 * what is small. Runs on the background executor, one step at a time.
 */
final class Restore {
  /** What one commit left. */
  private sealed interface Left {
    HashRange range();

    Map<String, byte[]> notes();

    record Rooted(Root root) implements Left {
      @Override
      public HashRange range() {
        return root.range();
      }

      @Override
      public Map<String, byte[]> notes() {
        return root.notes();
      }
    }

    record Former(FormerState.Contents contents) implements Left {
      @Override
      public HashRange range() {
        return contents.range();
      }

      @Override
      public Map<String, byte[]> notes() {
        return contents.notes();
      }
    }
  }

  /**
   * What was found.
   *
   * @param own whether it is this shard's last commit, in the present format: nothing need be
   *     stored
   * @param rootChunk where it lies; empty where it rides in the commit
   * @param inline of this shard's root
   * @param changes to be stored as this shard's own
   * @param residents all that count
   * @param warm some of what lies in cold runs
   */
  record Found(
      boolean own,
      Optional<String> rootChunk,
      List<StateOrigin> origins,
      Map<EntryKey, Slot> inline,
      Map<EntryKey, Slot> changes,
      List<Run> cold,
      List<Run> resident,
      Map<EntryKey, StateValue> residents,
      Map<EntryKey, StateValue> warm) {}

  private final StateHome home;
  private final ChunkIo io;
  private final FormerState former;
  private final Joining joining;
  private boolean own;
  private Optional<String> rootChunk = Optional.empty();
  private final Map<EntryKey, Slot> inline = new HashMap<>();
  private final Map<EntryKey, Slot> changes = new HashMap<>();
  private final List<Run> cold = new ArrayList<>();
  private final List<Run> resident = new ArrayList<>();

  Restore(StateHome home, ChunkIo io, FormerState former, Joining joining) {
    this.home = home;
    this.io = io;
    this.former = former;
    this.joining = joining;
  }

  CompletableFuture<Found> start(List<CommitParts> parts) {
    return lefts(parts).thenComposeAsync(this::arrange, home.background());
  }

  /** As {@link #start}, without a look into any run: for who looks from outside. */
  CompletableFuture<Found> outline(List<CommitParts> parts) {
    return lefts(parts)
        .thenComposeAsync(
            all -> placed(all).thenApply(placed -> found(origins(all), Map.of(), Map.of())),
            home.background());
  }

  private CompletableFuture<List<Left>> lefts(List<CommitParts> parts) {
    CompletableFuture<List<Left>> all = CompletableFuture.completedFuture(new ArrayList<>());
    for (var each : parts) {
      byte[] part = each.parts().get(home.part());
      if (part != null) {
        boolean only = parts.size() == 1;
        all = all.thenCombine(left(part, only), Restore::with);
      }
    }
    return all;
  }

  private static List<Left> with(List<Left> some, Left one) {
    var more = new ArrayList<>(some);
    more.add(one);
    return more;
  }

  private CompletableFuture<Left> left(byte[] part, boolean only) {
    var what = home.owner() + ", " + home.part() + " root";
    if (Root.isOne(part)) {
      var root = Root.read(what, part);
      own = only && root.shard() == home.shardTag();
      return CompletableFuture.completedFuture(new Left.Rooted(root));
    }
    boolean present = RootRef.isOne(part);
    var ref = present ? RootRef.read(what, part) : RootRef.ofFormer(what, part);
    if (only && ref.chunk().startsWith(home.shardPrefix())) {
      rootChunk = Optional.of(ref.chunk());
    }
    return io.get(ref.chunk())
        .thenApplyAsync(
            bytes -> {
              if (!present) {
                return new Left.Former(former.read(ref.chunk(), ref.checked(what, bytes)));
              }
              var root = ref.root(what, bytes);
              own = only && root.shard() == home.shardTag();
              return new Left.Rooted(root);
            },
            home.background());
  }

  private static List<StateOrigin> origins(List<Left> all) {
    return all.stream().map(left -> new StateOrigin(left.range(), left.notes())).toList();
  }

  private CompletableFuture<Void> placed(List<Left> all) {
    if (overlap(all)) {
      return join(all);
    }
    all.forEach(this::take);
    return CompletableFuture.completedFuture(null);
  }

  private CompletableFuture<Found> arrange(List<Left> all) {
    var origins = origins(all);
    var arranged = placed(all);
    return arranged
        .thenCompose(done -> scan(io, resident, home.background()))
        .thenCombine(warm(arranged), (residents, warm) -> found(origins, residents, warm));
  }

  private CompletableFuture<Map<EntryKey, StateValue>> warm(CompletableFuture<Void> arranged) {
    return arranged.thenCompose(
        done ->
            cold.stream().mapToLong(Run::bytes).sum() > io.rules().warmBytes()
                ? CompletableFuture.completedFuture(Map.of())
                : scan(io, cold, home.background()));
  }

  private Found found(
      List<StateOrigin> origins, Map<EntryKey, StateValue> ofRuns, Map<EntryKey, StateValue> warm) {
    var residents = new HashMap<>(ofRuns);
    apply(inline, residents);
    apply(changes, residents);
    return new Found(own, rootChunk, origins, inline, changes, cold, resident, residents, warm);
  }

  private static void apply(Map<EntryKey, Slot> some, Map<EntryKey, StateValue> residents) {
    some.forEach(
        (key, value) -> {
          var there = value.value();
          if (!key.kind().isResident()) {
            return;
          }
          if (there == null) {
            residents.remove(key);
          } else {
            residents.put(key, there);
          }
        });
  }

  private void take(Left left) {
    if (left instanceof Left.Former whole) {
      whole.contents().entries().forEach((key, value) -> change(new Slot(key, value)));
      return;
    }
    var root = ((Left.Rooted) left).root();
    for (var entry : root.inline()) {
      var key = EntryKey.read(entry.key());
      var value = new Slot(key, entry.value());
      if (own) {
        inline.put(key, value);
      } else {
        change(value);
      }
    }
    for (var run : root.runs()) {
      run.narrowed(home.range()).ifPresent(ours -> (ours.resident() ? resident : cold).add(ours));
    }
  }

  private void change(Slot slot) {
    if (slot.key().isIn(home.range())) {
      changes.put(slot.key(), slot);
    }
  }

  private static boolean overlap(List<Left> all) {
    for (int i = 0; i < all.size(); i++) {
      for (int j = 0; j < i; j++) {
        var one = all.get(i).range();
        var other = all.get(j).range();
        if (one.first().compareTo(other.last()) <= 0 && other.first().compareTo(one.last()) <= 0) {
          return true;
        }
      }
    }
    return false;
  }

  /** Parents that may hold the same keys, as in streams without hash ranges: read as a whole. */
  private CompletableFuture<Void> join(List<Left> all) {
    CompletableFuture<Void> joined = CompletableFuture.completedFuture(null);
    for (var left : all) {
      joined =
          joined
              .thenCompose(done -> whole(left))
              .thenAccept(entries -> entries.forEach(this::join));
    }
    return joined;
  }

  private void join(EntryKey key, StateValue value) {
    if (key.isIn(home.range())) {
      var known = changes.get(key);
      var one = known == null ? null : known.value();
      changes.put(key, new Slot(key, one == null ? value : joining.join(key, one, value)));
    }
  }

  private CompletableFuture<Map<EntryKey, StateValue>> whole(Left left) {
    if (left instanceof Left.Former whole) {
      return CompletableFuture.completedFuture(whole.contents().entries());
    }
    var root = ((Left.Rooted) left).root();
    return scan(io, root.runs(), home.background())
        .thenApply(
            ofRuns -> {
              var all = new HashMap<>(ofRuns);
              for (var entry : root.inline()) {
                var key = EntryKey.read(entry.key());
                @Nullable StateValue value = entry.value();
                if (value == null) {
                  all.remove(key);
                } else {
                  all.put(key, value);
                }
              }
              return all;
            });
  }

  /** All entries of runs, the newest first, that are not removed. */
  static CompletableFuture<Map<EntryKey, StateValue>> scan(
      ChunkIo io, List<Run> runs, Executor executor) {
    var found = new HashMap<EntryKey, StateValue>();
    if (runs.isEmpty()) {
      return CompletableFuture.completedFuture(found);
    }
    return new RunMerge(
            io,
            runs,
            executor,
            entry -> {
              var value = entry.value();
              if (value != null) {
                found.put(EntryKey.read(entry.key()), value);
              }
            },
            () -> null,
            new AtomicBoolean())
        .start()
        .thenApply(visited -> found);
  }

  static CheckpointException failed(Throwable cause, StateHome home) {
    return cause instanceof CheckpointException known
        ? known
        : new CheckpointException(home.owner() + ": its state can't be restored", cause);
  }
}
