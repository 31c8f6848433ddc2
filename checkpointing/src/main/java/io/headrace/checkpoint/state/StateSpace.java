package io.headrace.checkpoint.state;

import io.headrace.kcl.CheckpointException;
import io.headrace.kcl.CommitParts;
import io.headrace.kcl.loop.Stages;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All that one function keeps in one shard: entries by key and kind, and a few notes of the shard
 * as a whole. Owned by the worker loop: entries change, and {@link #snapshot} is taken, in its
 * turns. {@link #look} may be called from any thread, for a key that nobody changes meanwhile.
 *
 * <p>A snapshot stores what changed since the last one, in chunks that never change, under a root
 * that the commit names; a small state rides in the commit itself. What is not resident is read
 * when it is asked for, so that state may be many times the heap.
 */
public final class StateSpace {
  private static final Logger LOG = LoggerFactory.getLogger(StateSpace.class);

  private final StateHome home;
  private final FormerState former;
  private final Joining joining;
  private final ChunkIo io;
  private final Garbage garbage;

  /** Tells this space's entries in the cache from those of others. */
  private final long identity;

  private final Map<EntryKey, StateValue> residents = new ConcurrentHashMap<>();
  private final Map<String, byte[]> notes = new HashMap<>();
  private final AtomicBoolean closed = new AtomicBoolean();
  private volatile View view = View.empty();

  /** Something but entries is to be stored: notes, what was inherited, what failed. */
  private boolean mustStore;

  /** Of what changed since the last snapshot. */
  private long activeBytes;

  /** Of snapshots that are not stored yet: as the view has it, and asked at each change. */
  private long frozenBytes;

  private final Unstored.Share unstored;
  private Runnable whenStored = () -> {};
  private long snapshots;
  private boolean flushing;
  private boolean compacting;
  private final MergeRest resting = new MergeRest();
  private Compaction.@Nullable Result compacted;

  /** What the next commit stores when nothing changes. */
  private byte @Nullable [] current;

  private Optional<String> rootChunk = Optional.empty();

  /** What the next commit may ride on. */
  private @Nullable StoredRoot storedRoot;

  private RideCost rideCost = RideCost.first(0);

  /** How many commits are still to be made for the sake of what was erased, and who is asked. */
  private int echoes;

  private Runnable commitWanted = () -> {};

  /** The latest snapshot while it is being stored. */
  private @Nullable CompletableFuture<CommitParts> writing;

  /**
   * An empty space, until {@link #restore}.
   *
   * @param former reads what an earlier version stored
   * @param joining of what two parents hold
   */
  public StateSpace(StateHome home, FormerState former, Joining joining) {
    this(home, former, joining, StateRules.SOUND);
  }

  StateSpace(StateHome home, FormerState former, Joining joining, StateRules rules) {
    this.home = Objects.requireNonNull(home, "home");
    this.former = Objects.requireNonNull(former, "former");
    this.joining = Objects.requireNonNull(joining, "joining");
    this.io = new ChunkIo(home, home.cache(), rules);
    this.garbage = new Garbage(home, rules);
    this.unstored = home.cache().share();
    this.identity = home.cache().newSpace();
  }

  /**
   * Goes on from the last commit of this shard, or from those of its parents: of their entries,
   * those that belong to this shard. Called once, before all else.
   *
   * @return completes on the worker loop; one origin of each commit that had state. Fails with
   *     {@link CheckpointException} that names the chunk when one is missing, damaged or newer.
   */
  public CompletionStage<List<StateOrigin>> restore(List<CommitParts> parts) {
    var done = new CompletableFuture<List<StateOrigin>>();
    Stages.ask(
        home.loop(),
        () -> new Restore(home, io, former, joining).start(parts),
        found -> {
          install(found, parts);
          done.complete(found.origins());
        },
        thrown -> done.completeExceptionally(Restore.failed(thrown, home)));
    return done;
  }

  private void install(Restore.Found found, List<CommitParts> parts) {
    view =
        new View(
            new ConcurrentHashMap<>(), List.of(), found.inline(), found.cold(), found.resident());
    found.changes().values().forEach(this::change);
    residents.putAll(found.residents());
    found.warm().forEach((key, value) -> home.cache().put(identity, new Slot(key, value)));
    rootChunk = found.rootChunk();
    mustStore = !found.own() && !found.origins().isEmpty();
    if (!mustStore && !parts.isEmpty()) {
      current = parts.get(0).parts().get(home.part());
      found.origins().forEach(origin -> notes.putAll(origin.notes()));
    }
  }

  /**
   * Takes all entries of some partition keys away, out of the chunks as well: those that hold them
   * are written anew without, and deleted once a commit does without them. On the worker loop,
   * after {@link #restore} and before anything is changed.
   *
   * @param hashes of the partition keys
   * @param commitWanted told when a commit is to be made, since none else may come for long
   * @return completes on the worker loop; fails with {@link CheckpointException} when a chunk can't
   *     be read or stored, and then nothing is changed
   */
  public CompletionStage<Void> erase(List<BigInteger> hashes, Runnable commitWanted) {
    var done = new CompletableFuture<Void>();
    var erasure = new Erasure(io, hashes, view.cold(), view.resident());
    Stages.ask(
        home.loop(),
        erasure::start,
        result -> {
          residents.keySet().removeIf(erasure::isGone);
          home.cache().forget(identity);
          view = view.without(erasure::isGone, result.cold(), result.resident());
          activeBytes = view.activeBytes();
          weigh();
          garbage.drop(result.replaced());
          storedRoot = null;
          mustStore = true;
          echoes = 1; // What was replaced is deleted one generation late.
          this.commitWanted = commitWanted;
          commitWanted.run();
          done.complete(null);
        },
        thrown -> {
          garbage.discard(erasure.made());
          done.completeExceptionally(Restore.failed(thrown, home));
        });
    return done;
  }

  /** What is under a key; from any thread, while nobody changes that entry. */
  public Lookup look(EntryKey key) {
    if (key.kind().isResident()) {
      return new Slot(key, residents.get(key)).lookup();
    }
    var seen = view;
    var value = seen.above(key);
    if (value == null) {
      value = home.cache().get(identity, key);
    }
    return value != null ? value.lookup() : read(key, seen.cold());
  }

  private Lookup read(EntryKey key, List<Run> runs) {
    if (runs.isEmpty()) {
      return Lookup.ABSENT;
    }
    var found =
        io.find(key.encoded(), runs)
            .thenApply(
                value -> {
                  var slot = new Slot(key, value.orElse(null));
                  home.loop().execute(() -> keep(slot, runs));
                  return value;
                });
    return found.isDone() && !found.isCompletedExceptionally()
        ? new Slot(key, found.join().orElse(null)).lookup()
        : new Lookup.Loading(found);
  }

  /**
   * Nothing is kept of older runs than there are now, nor of an entry that was changed since: what
   * is being stored is in the cache before the view says so, and may have left it by then. On the
   * worker loop, as none of that may come between.
   */
  @SuppressWarnings("ReferenceEquality")
  private void keep(Slot found, List<Run> runs) {
    var now = view;
    if (now.cold() == runs && now.above(found.key()) == null) {
      home.cache().putIfAbsent(identity, found);
    }
  }

  /**
   * Puts an entry in the place of what was there; part of the next snapshot. On the worker loop.
   */
  public void put(EntryKey key, StateValue value) {
    if (key.kind().isResident()) {
      residents.put(key, value);
    }
    change(new Slot(key, value));
  }

  /** Removes an entry, if there is one. On the worker loop. */
  public void remove(EntryKey key) {
    if (key.kind().isResident()) {
      residents.remove(key);
    }
    change(new Slot(key, null));
  }

  private void change(Slot slot) {
    var before = view.active().put(slot.key(), slot);
    activeBytes += slot.weight() - (before == null ? 0 : before.weight());
    weigh();
  }

  private void weigh() {
    unstored.is(activeBytes + frozenBytes);
  }

  /**
   * Whether so much is not stored yet that nothing more should change: it is held in memory until
   * it is, and the store may be down for long. Nothing is refused; whoever changes entries asks. On
   * the worker loop.
   */
  public boolean isFull() {
    return unstored.isFull();
  }

  /**
   * Whether so much has changed since the last snapshot that the next one is not to be put off:
   * while that is stored, there is room for as much again. On the worker loop.
   */
  public boolean isHalfFull() {
    return unstored.isHalfFull(activeBytes);
  }

  /** About what is held in memory that is not stored yet. On the worker loop. */
  public long unstoredBytes() {
    return unstored.bytes();
  }

  /** Told whenever a snapshot was stored: {@link #isFull} may have changed. On the worker loop. */
  public void whenStored(Runnable told) {
    whenStored = told;
  }

  /**
   * Keeps a few bytes of the shard as a whole, such as its watermark: stored with each snapshot, so
   * keep them small. Not inherited by children; they are told of it by {@link StateOrigin#notes}.
   * On the worker loop.
   */
  public void note(String name, byte[] bytes) {
    if (!Arrays.equals(notes.put(name, bytes), bytes)) {
      mustStore = true;
    }
  }

  /**
   * All entries of a kind that is {@linkplain EntryKind#isResident resident}, in no order; from any
   * thread.
   */
  public Stream<Map.Entry<EntryKey, StateValue>> resident(EntryKind kind) {
    if (!kind.isResident()) {
      throw new IllegalArgumentException(kind + " is not resident: scan it");
    }
    return residents.entrySet().stream().filter(each -> each.getKey().kind() == kind);
  }

  /**
   * All entries of a kind as of now, read from the store where they are not in memory: for tests
   * and exports, not for what must be quick. From any thread; all of it is in memory at once.
   */
  public CompletionStage<Map<EntryKey, StateValue>> scan(EntryKind kind) {
    var seen = view;
    return Restore.scan(io, kind.isResident() ? seen.resident() : seen.cold(), Runnable::run)
        .thenApply(
            all -> {
              var changes = new HashMap<>(seen.changes(Long.MAX_VALUE));
              changes.putAll(seen.active());
              changes.forEach(
                  (key, slot) -> {
                    var there = slot.value();
                    if (there == null) {
                      all.remove(key);
                    } else {
                      all.put(key, there);
                    }
                  });
              all.keySet().removeIf(key -> key.kind() != kind);
              return all;
            });
  }

  /**
   * State as of this turn, durable when the stage completes, on the worker loop. Where nothing
   * changed nothing is written. May be taken after {@link #close}.
   */
  public CompletionStage<CommitParts> snapshot() {
    var before = writing;
    if (!mustStore && view.active().isEmpty() && (before != null || view.frozen().isEmpty())) {
      // What is still being written holds the state as of now, and no older root does.
      return before != null
          ? before
          : CompletableFuture.completedFuture(
              current == null ? CommitParts.NONE : CommitParts.of(home.part(), current));
    }
    mustStore = false;
    long snapshot = ++snapshots;
    view =
        before == null
            ? view.freezeWithFailed(snapshot, activeBytes)
            : view.freeze(snapshot, activeBytes);
    activeBytes = 0;
    frozenBytes = view.frozenBytes();
    weigh();
    var answer = new CompletableFuture<CommitParts>();
    var noted = new HashMap<>(notes);
    writing = answer;
    if (before == null) {
      flush(snapshot, noted, answer);
    } else {
      var unused =
          before.whenComplete(
              (parts, thrown) -> home.loop().execute(() -> flush(snapshot, noted, answer)));
    }
    return answer;
  }

  private void flush(
      long snapshot, Map<String, byte[]> noted, CompletableFuture<CommitParts> answer) {
    flushing = true;
    var seen = view;
    var changes = seen.changes(snapshot);
    var flush =
        new Flush(
            io,
            home.shardTag(),
            home.range(),
            noted,
            rideCost,
            changes,
            seen.cold(),
            seen.resident(),
            storedRoot);
    var taken = garbage.taken();
    var begun = new CompletableFuture<Flush.Stored>();
    home.background()
        .execute(
            () -> {
              try {
                var unused =
                    flush
                        .start()
                        .whenComplete(
                            (stored, thrown) -> {
                              if (thrown != null) {
                                begun.completeExceptionally(Stages.causeOf(thrown));
                              } else {
                                remember(changes);
                                begun.complete(stored);
                              }
                            });
              } catch (Throwable thrown) {
                begun.completeExceptionally(thrown);
              }
            });
    Stages.ask(
        home.loop(),
        () -> begun,
        stored -> stored(snapshot, stored, !flush.written().isEmpty(), taken, answer),
        thrown -> failed(thrown, flush, taken, answer));
  }

  /** What is stored may be forgotten, and is asked for again most likely. */
  private void remember(Map<EntryKey, Slot> changes) {
    for (var slot : changes.values()) {
      if (!slot.key().kind().isResident()) {
        home.cache().put(identity, slot);
      }
    }
  }

  private void stored(
      long snapshot,
      Flush.Stored stored,
      boolean chunksPut,
      List<String> taken,
      CompletableFuture<CommitParts> answer) {
    view = view.stored(snapshot, stored.inline(), stored.cold(), stored.resident());
    frozenBytes = view.frozenBytes();
    weigh();
    current = stored.part();
    int bytes = stored.part().length;
    rideCost = chunksPut ? RideCost.first(bytes) : rideCost.with(bytes);
    var unreached = new ArrayList<>(taken);
    if (!rootChunk.equals(stored.rootChunk())) {
      rootChunk.ifPresent(unreached::add);
      rootChunk = stored.rootChunk();
      storedRoot = StoredRoot.of(stored);
    }
    garbage.captured(unreached, stored.part());
    flushed(answer);
    answer.complete(CommitParts.of(home.part(), stored.part()));
    whenStored.run();
  }

  private void failed(
      Throwable thrown, Flush flush, List<String> taken, CompletableFuture<CommitParts> answer) {
    mustStore = true;
    garbage.drop(taken);
    garbage.drop(flush.written());
    flushed(answer);
    answer.completeExceptionally(
        new CheckpointException(
            home.owner() + ": its state can't be stored: " + thrown.getMessage(), thrown));
  }

  private void flushed(CompletableFuture<CommitParts> answer) {
    flushing = false;
    if (writing == answer) {
      writing = null;
    }
    installCompacted();
  }

  /** The commit that has these parts is stored for certain. On the worker loop. */
  public void committed(CommitParts parts) {
    garbage.committed(parts.parts().get(home.part()));
    if (echoes > 0) {
      echoes--;
      mustStore = true;
      commitWanted.run();
    }
    compact();
  }

  private void compact() {
    if (compacting || compacted != null || closed.get() || resting.isResting(home.loop())) {
      return;
    }
    int runsMax = io.rules().runsMax();
    var due = Compaction.of(view.cold(), runsMax).or(() -> Compaction.of(view.resident(), runsMax));
    if (due.isEmpty()) {
      return;
    }
    var merging = due.get();
    compacting = true;
    var names = new ArrayList<String>();
    Stages.ask(
        home.loop(),
        () -> merging.start(io, home.range(), home.background(), closed, names),
        result -> {
          compacting = false;
          resting.succeeded();
          compacted = result;
          installCompacted();
        },
        thrown -> {
          compacting = false;
          if (closed.get()) {
            garbage.discard(names);
            return;
          }
          garbage.drop(names);
          var wait = resting.failed(home.loop());
          LOG.warn(
              "{}: chunks can't be merged, which is tried again in {} or later: {}",
              home.owner(),
              wait,
              thrown.toString());
        });
  }

  /** Not while a root is being written that knows the former runs. */
  private void installCompacted() {
    var result = compacted;
    if (result == null || flushing) {
      return;
    }
    compacted = null;
    if (closed.get()) {
      garbage.discard(result.made()); // No root has named any of them, and none will.
      return;
    }
    var seen = view;
    view =
        result.inputs().get(0).resident()
            ? seen.withRuns(seen.cold(), result.in(seen.resident()))
            : seen.withRuns(result.in(seen.cold()), seen.resident());
    garbage.drop(result.replaced());
    result.replaced().forEach(io::forget);
  }

  /** Nothing is done in the background any more; from any thread. */
  public void close() {
    if (!closed.getAndSet(true)) {
      unstored.end();
      home.background().execute(() -> home.cache().forget(identity));
    }
  }
}
