package io.headrace.checkpoint.state;

import io.headrace.kcl.CheckpointException;
import io.headrace.kcl.CommitParts;
import io.headrace.kcl.loop.Stages;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All that one function keeps in one shard: entries by key and kind, and a few notes of the shard
 * as a whole. Owned by the worker loop: entries change, and {@link #snapshot} is taken, in its
 * turns. {@link #look} may be called from any thread, for a key that nobody changes meanwhile.
 *
 * <p>Names of chunks are never used twice. Deleted is only what a <em>confirmed</em> commit made
 * unreachable, one generation late, and only chunks of this very shard: a parent's chunk may be
 * another child's as well.
 */
public final class StateSpace {
  private static final Logger LOG = LoggerFactory.getLogger(StateSpace.class);

  private final StateHome home;
  private final FormerState former;
  private final Joining joining;
  private final Map<EntryKey, StateValue> entries = new ConcurrentHashMap<>();
  private final Map<String, byte[]> notes = new HashMap<>();
  private boolean changed;
  private boolean inherited;
  private int written;

  /** What the next commit refers to when nothing changes. */
  private @Nullable RootRef current;

  /** The latest snapshot while it is being stored. */
  private @Nullable CompletableFuture<CommitParts> writing;

  private @Nullable RootRef confirmed;
  private @Nullable RootRef confirmedBefore;

  /**
   * An empty space, until {@link #restore}.
   *
   * @param former reads what an earlier version stored
   * @param joining of what two parents hold
   */
  public StateSpace(StateHome home, FormerState former, Joining joining) {
    this.home = Objects.requireNonNull(home, "home");
    this.former = Objects.requireNonNull(former, "former");
    this.joining = Objects.requireNonNull(joining, "joining");
  }

  /**
   * Goes on from the last commit of this shard, or from those of its parents: of their entries,
   * those that belong to this shard. Called once, before all else.
   *
   * @return completes on the worker loop; one origin of each commit that had state. Fails with
   *     {@link CheckpointException} that names the chunk when one is missing, damaged or newer.
   */
  public CompletionStage<List<StateOrigin>> restore(List<CommitParts> parts) {
    CompletableFuture<List<Whole>> all = CompletableFuture.completedFuture(List.of());
    for (var each : parts) {
      byte[] part = each.parts().get(home.part());
      if (part == null) {
        continue;
      }
      var root =
          RootRef.isOne(part) ? RootRef.read(rootName(), part) : RootRef.ofFormer(rootName(), part);
      if (parts.size() == 1 && root.chunk().startsWith(home.shardPrefix())) {
        current = root;
        confirmed = root;
      } else {
        inherited = true;
      }
      all = all.thenCombine(load(root, RootRef.isOne(part)), StateSpace::with);
    }
    var done = new CompletableFuture<List<StateOrigin>>();
    var unused =
        all.thenApplyAsync(this::joined, home.background())
            .whenComplete(
                (whole, thrown) ->
                    home.loop()
                        .execute(
                            () -> {
                              if (thrown != null) {
                                done.completeExceptionally(Stages.causeOf(thrown));
                              } else {
                                done.complete(install(whole));
                              }
                            }));
    return done;
  }

  private record Joined(Map<EntryKey, StateValue> entries, List<StateOrigin> origins) {}

  private Joined joined(List<Whole> wholes) {
    var all = new HashMap<EntryKey, StateValue>();
    var origins = new ArrayList<StateOrigin>();
    for (var whole : wholes) {
      origins.add(new StateOrigin(whole.range(), whole.notes()));
      whole
          .entries()
          .forEach(
              (key, value) -> {
                if (key.isIn(home.range())) {
                  all.merge(key, value, (one, other) -> joining.join(key, one, other));
                }
              });
    }
    return new Joined(all, List.copyOf(origins));
  }

  private List<StateOrigin> install(Joined joined) {
    entries.putAll(joined.entries());
    changed = inherited;
    if (!inherited && !joined.origins().isEmpty()) {
      notes.putAll(joined.origins().get(0).notes());
    }
    return joined.origins();
  }

  private CompletableFuture<Whole> load(RootRef root, boolean ours) {
    return home.chunks()
        .get(root.chunk())
        .thenApply(
            bytes -> {
              byte[] checked = root.checked(rootName(), bytes);
              if (ours) {
                return Whole.read(home.owner() + ", state chunk " + root.chunk(), checked);
              }
              var contents = former.read(root.chunk(), checked);
              return new Whole(contents.range(), contents.entries(), contents.notes());
            })
        .toCompletableFuture();
  }

  private static List<Whole> with(List<Whole> some, Whole one) {
    var more = new ArrayList<>(some);
    more.add(one);
    return List.copyOf(more);
  }

  /** What is under a key; from any thread, while nobody changes that entry. */
  public Lookup look(EntryKey key) {
    var value = entries.get(key);
    return value == null ? Lookup.ABSENT : new Lookup.Found(value);
  }

  /**
   * Puts an entry in the place of what was there; part of the next snapshot. On the worker loop.
   */
  public void put(EntryKey key, StateValue value) {
    entries.put(key, value);
    changed = true;
  }

  /** Removes an entry, if there is one. On the worker loop. */
  public void remove(EntryKey key) {
    entries.remove(key);
    changed = true;
  }

  /**
   * Keeps a few bytes of the shard as a whole, such as its watermark: stored with each snapshot, so
   * keep them small. Not inherited by children; they are told of it by {@link StateOrigin#notes}.
   * On the worker loop.
   */
  public void note(String name, byte[] bytes) {
    if (!Arrays.equals(notes.put(name, bytes), bytes)) {
      changed = true;
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
    return entries.entrySet().stream().filter(each -> each.getKey().kind() == kind);
  }

  /**
   * All entries of a kind as of now, read from the store where they are not in memory: for tests
   * and exports, not for what must be quick. From any thread, which need not be the loop.
   */
  public CompletionStage<Map<EntryKey, StateValue>> scan(EntryKind kind) {
    var found = new HashMap<EntryKey, StateValue>();
    entries.forEach(
        (key, value) -> {
          if (key.kind() == kind) {
            found.put(key, value);
          }
        });
    return CompletableFuture.completedFuture(found);
  }

  /**
   * State as of this turn, durable when the stage completes, on the worker loop. Where nothing
   * changed nothing is written.
   */
  public CompletionStage<CommitParts> snapshot() {
    if (!changed) {
      // What is still being written holds the state as of now, and no older chunk does.
      return writing != null
          ? writing
          : CompletableFuture.completedFuture(
              current == null ? CommitParts.NONE : CommitParts.of(home.part(), current.write()));
    }
    changed = false;
    var name = home.prefix() + ++written;
    var whole = new Whole(home.range(), new HashMap<>(entries), new HashMap<>(notes));
    var stored = new CompletableFuture<CommitParts>();
    writing = stored;
    home.background().execute(() -> write(name, whole, stored));
    return stored;
  }

  private void write(String name, Whole whole, CompletableFuture<CommitParts> answer) {
    byte[] bytes;
    try {
      bytes = whole.write();
    } catch (Throwable thrown) {
      home.loop().execute(() -> answer.completeExceptionally(thrown));
      return;
    }
    var root = new RootRef(name, ByteWriter.checksum(bytes, bytes.length));
    Stages.ask(
        home.loop(),
        () -> home.chunks().put(name, bytes),
        done -> stored(root, null, answer),
        thrown -> stored(root, thrown, answer));
  }

  private void stored(
      RootRef root, @Nullable Throwable thrown, CompletableFuture<CommitParts> answer) {
    boolean latest = writing == answer;
    if (latest) {
      writing = null;
    }
    if (thrown != null) {
      changed = true;
      answer.completeExceptionally(
          new CheckpointException(
              home.owner() + ": chunk " + root.chunk() + " can't be stored", thrown));
      return;
    }
    if (latest) {
      current = root;
    }
    answer.complete(CommitParts.of(home.part(), root.write()));
  }

  /** The commit that has these parts is stored for certain. On the worker loop. */
  public void committed(CommitParts parts) {
    byte[] part = parts.parts().get(home.part());
    var root = part == null || !RootRef.isOne(part) ? null : RootRef.read(rootName(), part);
    if (Objects.equals(root, confirmed)) {
      return;
    }
    var unreachable = confirmedBefore;
    confirmedBefore = confirmed;
    confirmed = root;
    if (unreachable != null && unreachable.chunk().startsWith(home.shardPrefix())) {
      delete(unreachable.chunk());
    }
  }

  private void delete(String chunk) {
    var unused =
        home.chunks()
            .delete(chunk)
            .whenComplete(
                (done, thrown) -> {
                  if (thrown != null) {
                    // Garbage, not loss: it costs room until someone sweeps.
                    LOG.warn("chunk {} can't be deleted: {}", chunk, thrown.toString());
                  }
                });
  }

  private String rootName() {
    return home.owner() + ", " + home.part() + " root";
  }
}
