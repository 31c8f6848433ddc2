package io.headrace.checkpoint.state;

import io.headrace.kcl.CommitParts;
import java.math.BigInteger;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;

/**
 * A shard's state as one commit has it, looked at from outside its worker. Nothing is changed, and
 * nothing is taken for absent that can't be read: the owner goes on meanwhile and deletes what its
 * later commits do without, so a stage may fail with a {@link io.headrace.kcl.CheckpointException}
 * that names a chunk which is missing; then the commit is to be read again.
 *
 * <p>Any thread may call, one at a time; stages complete on any thread. What is told is told on the
 * executor of the {@link StateHome}, or on whatever thread a chunk arrives.
 */
public final class CommittedState {
  private final StateHome home;
  private final ChunkIo io;
  private final List<StateOrigin> origins;

  /** What lies in no run, and is newer than all that does. */
  private final TreeMap<EntryKey, Slot> above;

  private final List<Run> runs;
  private final List<String> rootChunks;

  private CommittedState(StateHome home, ChunkIo io, Restore.Found found, List<String> rootChunks) {
    this.home = home;
    this.io = io;
    this.origins = found.origins();
    this.above = new TreeMap<>(found.inline());
    this.above.putAll(found.changes());
    var all = new ArrayList<>(found.cold());
    all.addAll(found.resident());
    this.runs = List.copyOf(all);
    this.rootChunks = rootChunks;
  }

  /**
   * Reads the roots that commits name, and no more.
   *
   * @param home of the shard as a handler in it would have it; its loop is not used
   * @param parts the last commit of this shard, or those of its parents
   */
  public static CompletionStage<CommittedState> read(
      StateHome home, FormerState former, Joining joining, List<CommitParts> parts) {
    Objects.requireNonNull(home, "home");
    var io = new ChunkIo(home, home.cache(), StateRules.SOUND);
    return new Restore(home, io, former, joining)
        .outline(parts)
        .thenApply(found -> new CommittedState(home, io, found, rootChunks(home, parts)));
  }

  private static List<String> rootChunks(StateHome home, List<CommitParts> parts) {
    return parts.stream()
        .map(each -> each.parts().get(home.part()))
        .filter(part -> part != null && RootRef.isOne(part))
        .map(part -> RootRef.read(home.owner(), part).chunk())
        .toList();
  }

  /** One for each commit that had state. */
  public List<StateOrigin> origins() {
    return origins;
  }

  /** All entries of one partition key, by its hash. */
  public CompletionStage<Map<EntryKey, StateValue>> of(BigInteger hash) {
    var span = HashSpan.of(hash);
    var found = new TreeMap<EntryKey, Slot>();
    CompletableFuture<Void> all = CompletableFuture.completedFuture(null);
    // The newest first: what is known of an entry is not overwritten by what is older.
    above.forEach(
        (key, slot) -> {
          if (span.holds(key.encoded())) {
            found.put(key, slot);
          }
        });
    for (var run : runs) {
      if (span.mayLieIn(run.first(), run.last()) && io.rules().isInLimit(run, span.hash())) {
        all = all.thenCompose(done -> collect(run.top(), run.level(), span, found));
      }
    }
    return all.thenApply(
        done -> {
          var there = new TreeMap<EntryKey, StateValue>();
          found.forEach(
              (key, slot) -> {
                var value = slot.value();
                if (value != null) {
                  there.put(key, value);
                }
              });
          return there;
        });
  }

  private CompletableFuture<Void> collect(
      ChunkRef ref, int level, HashSpan span, Map<EntryKey, Slot> found) {
    if (level == 0) {
      return io.data(ref)
          .thenAccept(
              chunk ->
                  chunk.entries().stream()
                      .filter(entry -> span.holds(entry.key()))
                      .forEach(
                          entry -> {
                            var key = EntryKey.read(entry.key());
                            found.putIfAbsent(key, new Slot(key, entry.value()));
                          }));
    }
    return io.node(ref)
        .thenCompose(
            node -> {
              CompletableFuture<Void> all = CompletableFuture.completedFuture(null);
              var refs = node.refs();
              for (int i = 0; i < refs.size(); i++) {
                var child = refs.get(i);
                var next = i + 1 < refs.size() ? refs.get(i + 1).first() : null;
                if (span.mayLieIn(child.first(), next)) {
                  all = all.thenCompose(done -> collect(child, node.level() - 1, span, found));
                }
              }
              return all;
            });
  }

  /** Tells all entries in the order of their keys; a few chunks are in memory at a time. */
  public CompletionStage<Void> visit(BiConsumer<EntryKey, StateValue> told) {
    var rest = new TreeMap<>(above);
    var merge =
        new RunMerge(
            io,
            runs,
            home.background(),
            entry -> {
              var key = EntryKey.read(entry.key());
              tellBefore(key, rest, told);
              var newer = rest.remove(key);
              tell(key, newer == null ? new Slot(key, entry.value()) : newer, told);
            },
            () -> null,
            new AtomicBoolean());
    return merge
        .start()
        .thenAccept(
            visited -> {
              rest.forEach((key, slot) -> tell(key, slot, told));
              rest.clear();
            });
  }

  private static void tellBefore(
      EntryKey key, NavigableMap<EntryKey, Slot> rest, BiConsumer<EntryKey, StateValue> told) {
    while (!rest.isEmpty() && rest.firstKey().compareTo(key) < 0) {
      var first = rest.pollFirstEntry();
      tell(first.getKey(), first.getValue(), told);
    }
  }

  private static void tell(EntryKey key, Slot slot, BiConsumer<EntryKey, StateValue> told) {
    var value = slot.value();
    if (value != null) {
      told.accept(key, value);
    }
  }

  /** What a copy has copied so far; one for all tries of a shard. */
  public static final class Copies {
    private final Map<String, ChunkRef> done = new ConcurrentHashMap<>();
  }

  /**
   * Copies all of it to another place, where no worker deletes it.
   *
   * @param to no chunk of another copy has its prefix
   * @param copies goes on where a copy of an earlier commit of the shard has failed
   * @return what a commit stores that goes on from the copy, with the notes of this one
   */
  public CompletionStage<byte[]> copyTo(StateHome to, Copies copies) {
    var target = new ChunkIo(to, to.cache(), StateRules.SOUND);
    return new RunCopy(io, target, copies.done)
        .of(runs)
        .thenCompose(
            copied -> {
              var inline =
                  above.entrySet().stream()
                      .map(each -> new RawEntry(each.getKey().encoded(), each.getValue().value()))
                      .toList();
              var notes = new HashMap<String, byte[]>();
              origins.forEach(origin -> notes.putAll(origin.notes()));
              byte[] root = new Root(to.shardTag(), to.range(), notes, inline, copied).write();
              if (root.length <= Flush.RIDING_ROOT_BYTES_MAX) {
                return CompletableFuture.completedFuture(root);
              }
              var name = target.newName();
              var ref = RootRef.of(name, root);
              return target.put(name, root).thenApply(stored -> ref.write());
            });
  }

  /**
   * The directories in which chunks lie that this state needs: all of a chunk's name before its
   * last {@code /}. Reads all inner chunks.
   */
  public CompletionStage<Set<String>> directories() {
    var found = new HashSet<String>();
    rootChunks.forEach(chunk -> found.add(directory(chunk)));
    var left = new ArrayDeque<Pending>();
    runs.forEach(run -> left.add(new Pending(run.top(), run.level())));
    return next(left, found);
  }

  private record Pending(ChunkRef ref, int level) {}

  private CompletableFuture<Set<String>> next(Deque<Pending> left, Set<String> found) {
    while (!left.isEmpty()) {
      var one = left.remove();
      found.add(directory(one.ref().name()));
      if (one.level() > 0) {
        return io.node(one.ref())
            .thenCompose(
                node -> {
                  node.refs().forEach(ref -> left.add(new Pending(ref, node.level() - 1)));
                  return next(left, found);
                });
      }
    }
    return CompletableFuture.completedFuture(found);
  }

  private static String directory(String chunk) {
    return chunk.substring(0, Math.max(0, chunk.lastIndexOf('/')));
  }
}
