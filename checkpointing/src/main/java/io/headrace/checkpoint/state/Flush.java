package io.headrace.checkpoint.state;

import io.headrace.kcl.HashRange;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Stores one snapshot: what changed as runs before those that are there, and the root. Names and
 * checksums are known before anything is stored, so the root does not wait for the pieces: nobody
 * reads it before the commit, which waits for all. Runs on the background executor and on whatever
 * thread completes a put, one step at a time.
 */
final class Flush {
  /** More, before it is packed, goes into a run, and is not packed to see what it takes. */
  static final int PACKED_BYTES_MAX = 8 << 10;

  /** A root that takes more without its changes is a chunk: each commit would store it again. */
  static final int RIDING_ROOT_BYTES_MAX = 512;

  /**
   * Changes that take so many bytes of it stay in the root, where the next ones join them: mostly
   * it takes two write units of a table then.
   */
  static final int INLINE_BYTES_MAX = 1_500;

  /**
   * How it came out.
   *
   * @param part what the commit stores
   * @param rootChunk the name of the root's chunk; empty where it rides
   */
  record Stored(
      byte[] part,
      Optional<String> rootChunk,
      Map<EntryKey, Slot> inline,
      List<Run> cold,
      List<Run> resident) {}

  /**
   * One entry to be stored.
   *
   * @param order of the hash's first eight bytes, which tells nearly all keys apart
   */
  private record Change(EntryKey key, RawEntry entry, long order) implements Comparable<Change> {
    static Change of(EntryKey key, @Nullable StateValue value) {
      byte[] encoded = key.encoded();
      return new Change(key, new RawEntry(encoded, value), ByteBuffer.wrap(encoded).getLong());
    }

    @Override
    public int compareTo(Change other) {
      int byHash = Long.compareUnsigned(order, other.order);
      return byHash != 0 ? byHash : entry.compareTo(other.entry);
    }
  }

  private final ChunkIo io;
  private final int shard;
  private final HashRange range;
  private final Map<String, byte[]> notes;
  private final RideCost cost;
  private final Map<EntryKey, Slot> changes;
  private final List<Run> cold;
  private final List<Run> resident;
  private final @Nullable StoredRoot latest;
  private final List<RunWriter> writers = new ArrayList<>();
  private Optional<String> rootChunk = Optional.empty();

  /**
   * @param cost of the commits since chunks were put
   * @param changes all that is above the runs, as of the snapshot
   * @param latest on which the commit may ride; null where there is none
   */
  Flush(
      ChunkIo io,
      int shard,
      HashRange range,
      Map<String, byte[]> notes,
      RideCost cost,
      Map<EntryKey, Slot> changes,
      List<Run> cold,
      List<Run> resident,
      @Nullable StoredRoot latest) {
    this.io = io;
    this.shard = shard;
    this.range = range;
    this.notes = notes;
    this.cost = cost;
    this.changes = changes;
    this.cold = cold;
    this.resident = resident;
    this.latest = latest;
  }

  /** All chunks that were begun: when it fails, nothing reaches them. */
  List<String> written() {
    var all = new ArrayList<String>();
    writers.forEach(writer -> all.addAll(writer.names()));
    rootChunk.ifPresent(all::add);
    return all;
  }

  CompletableFuture<Stored> start() {
    var onLatest =
        latest == null
            ? Optional.<Stored>empty()
            : latest.riding(cold, resident, notes, changes, cost, io.rules());
    return onLatest.map(CompletableFuture::completedFuture).orElseGet(this::anew);
  }

  /** With a root of its own. */
  private CompletableFuture<Stored> anew() {
    var kept = new ArrayList<Change>();
    int bytes = 0;
    for (var change : changes.entrySet()) {
      var key = change.getKey();
      boolean beneath = !(key.kind().isResident() ? resident : cold).isEmpty();
      if (change.getValue().isGone() && io.rules().dropsTombstone(beneath)) {
        continue;
      }
      var one = Change.of(key, change.getValue().value());
      bytes += one.entry().bytes();
      kept.add(one);
    }
    Collections.sort(kept);
    if (bytes <= PACKED_BYTES_MAX) {
      byte[] root = rootOf(kept, cold, resident);
      int bare = kept.isEmpty() ? root.length : rootOf(List.of(), cold, resident).length;
      if (bare <= RIDING_ROOT_BYTES_MAX && (kept.isEmpty() || cost.allows(root.length))) {
        return CompletableFuture.completedFuture(
            new Stored(root, Optional.empty(), inline(kept), cold, resident));
      }
      if (root.length - bare <= INLINE_BYTES_MAX) {
        return root(kept, cold, resident);
      }
    }
    return runOf(kept, false)
        .thenCompose(
            newCold ->
                runOf(kept, true)
                    .thenCompose(
                        newResident ->
                            root(List.of(), with(newCold, cold), with(newResident, resident))));
  }

  private CompletableFuture<Optional<Run>> runOf(List<Change> all, boolean ofResident) {
    var writer = new RunWriter(io, ofResident, range);
    writers.add(writer);
    var ours = all.stream().filter(each -> each.key().kind().isResident() == ofResident).toList();
    return fill(writer, ours, 0).thenApply(done -> writer.close());
  }

  private static CompletableFuture<Void> fill(RunWriter writer, List<Change> some, int from) {
    for (int i = from; i < some.size(); i++) {
      writer.add(some.get(i).entry());
      var wait = writer.pressure();
      if (wait != null) {
        int next = i + 1;
        return wait.thenCompose(done -> fill(writer, some, next));
      }
    }
    return CompletableFuture.completedFuture(null);
  }

  private static List<Run> with(Optional<Run> newest, List<Run> older) {
    var all = new ArrayList<Run>();
    newest.ifPresent(all::add);
    all.addAll(older);
    return List.copyOf(all);
  }

  private CompletableFuture<Stored> root(
      List<Change> left, List<Run> newCold, List<Run> newResident) {
    var inline = inline(left);
    byte[] root = rootOf(left, newCold, newResident);
    if (root.length <= RIDING_ROOT_BYTES_MAX) {
      var riding = new Stored(root, Optional.empty(), inline, newCold, newResident);
      return piecesStored().thenApply(done -> riding);
    }
    var name = io.newName();
    rootChunk = Optional.of(name);
    var ref = RootRef.of(name, root);
    var stored = new Stored(ref.write(), Optional.of(name), inline, newCold, newResident);
    return CompletableFuture.allOf(io.put(name, root), piecesStored()).thenApply(done -> stored);
  }

  private static Map<EntryKey, Slot> inline(List<Change> left) {
    var inline = new HashMap<EntryKey, Slot>();
    left.forEach(each -> inline.put(each.key(), new Slot(each.key(), each.entry().value())));
    return inline;
  }

  private byte[] rootOf(List<Change> left, List<Run> newCold, List<Run> newResident) {
    var runs = new ArrayList<>(newCold);
    runs.addAll(newResident);
    return new Root(shard, range, notes, left.stream().map(Change::entry).toList(), runs).write();
  }

  private CompletableFuture<Void> piecesStored() {
    return CompletableFuture.allOf(
        writers.stream().map(RunWriter::stored).toArray(CompletableFuture<?>[]::new));
  }
}
