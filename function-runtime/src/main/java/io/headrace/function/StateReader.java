package io.headrace.function;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.headrace.checkpoint.ChunkStore;
import io.headrace.checkpoint.OperatorStore;
import io.headrace.checkpoint.ProgressItem;
import io.headrace.checkpoint.state.CommittedState;
import io.headrace.checkpoint.state.EntryKey;
import io.headrace.checkpoint.state.StateCache;
import io.headrace.checkpoint.state.StateHome;
import io.headrace.checkpoint.state.StateValue;
import io.headrace.kcl.CheckpointException;
import io.headrace.kcl.HashRange;
import io.headrace.kcl.Position;
import io.headrace.kcl.Progress;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StableCopy;
import io.headrace.kcl.loop.EventLoop;
import io.headrace.kcl.loop.Stages;
import io.headrace.lease.LeaseTable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/**
 * Looks at what functions keep, from outside their workers: each shard as of its last commit, which
 * may be a moment old. Only reads, whether workers run or not. The owner deletes meanwhile what its
 * later commits do without; then the shard is read again as of a later commit, so that nothing is
 * ever half of one commit and half of another, and what is missing never counts as empty.
 *
 * <p>Any thread may call; stages complete on any thread, and fail with {@link
 * IllegalArgumentException} for a function that is not there or keeps no state, with {@link
 * CheckpointException} where something can't be read, with its name.
 */
public final class StateReader {
  /** The note that is none of the state's. */
  static final String OUTSIDE = "outside";

  /** Of one shard: each time the owner has gone on. */
  private static final int TRIES_MAX = 10;

  private final Map<String, FunctionSpec<?, ?>> specs;
  private final String application;
  private final StatePlaces places;
  private final ChunkStore chunks;
  private final EventLoop loop;

  /**
   * A reader for one application.
   *
   * @param loop where entries are told; nothing else may keep it busy for long
   */
  public StateReader(
      String application,
      List<FunctionSpec<?, ?>> specs,
      LeaseTable leases,
      OperatorStore store,
      ChunkStore chunks,
      EventLoop loop) {
    this.application = application;
    this.specs = new LinkedHashMap<>();
    specs.forEach(spec -> this.specs.put(spec.name(), spec));
    this.places = new StatePlaces(application, leases, store);
    this.chunks = chunks;
    this.loop = loop;
  }

  /**
   * As of which commit something was read.
   *
   * @param progress what the function had finished; nothing where it has committed nothing in the
   *     shard, and what is read is what it inherits
   * @param revision of the progress item, which rises with each commit; 0 where there is none
   * @param notes of the shard as a whole, such as its event time, as they are stored; and what
   *     {@link #outside} tells
   */
  public record AsOf(
      String function,
      ShardKey shard,
      HashRange range,
      Progress progress,
      long revision,
      Map<String, byte[]> notes) {
    public AsOf {
      notes = StableCopy.of(notes);
    }

    /** Up to where all records are finished. */
    public Optional<Position> through() {
      return progress.through();
    }

    /**
     * The number of the latest order to erase a key of this shard that was carried out; 0 for none.
     */
    public long erasures() {
      return StateErasure.numberIn(notes);
    }

    /**
     * What the last commit has besides the state, which is not read with it and without which the
     * position is not to be gone on from: {@code parked of state} where records of keys that kept
     * failing wait behind the position, {@code carried} where it is known which records of a
     * through-stream came twice, {@code ids} of producers' duplicates.
     */
    public Set<String> outside() {
      byte[] names = notes.get(OUTSIDE);
      return names == null ? Set.of() : Set.of(new String(names, UTF_8).split("\n"));
    }

    /** Without the notes. */
    @Override
    public String toString() {
      return function
          + " in "
          + shard
          + through().map(position -> " through " + position).orElse(", nothing committed")
          + ", revision "
          + revision;
    }
  }

  /** All that a function keeps of one partition key. */
  public record OfKey(AsOf asOf, List<StoredEntry> entries) {
    public OfKey {
      entries = List.copyOf(entries);
    }
  }

  /** Is told all that a function keeps; called by one thread at a time. */
  public interface Visitor {
    /**
     * A shard begins. Where it has begun before, its owner has gone on: all that was told of it is
     * to be forgotten.
     */
    void begins(AsOf shard);

    /** An entry of the shard that has begun last, in the order of the keys' hashes. */
    void entry(StoredEntry entry);
  }

  /** What a function keeps of a partition key, in the shard to which that belongs by its hash. */
  public CompletionStage<OfKey> key(String function, String partitionKey) {
    var spec = specOf(function);
    var hash = HashRange.hashOf(partitionKey);
    return places
        .of(spec)
        .thenCompose(
            all ->
                all.stream()
                    .filter(place -> place.range().holds(hash))
                    .filter(place -> place.row().item().isPresent() || !place.parts().isEmpty())
                    // A merge waits for its second parent, which still has its own keys.
                    .min(Comparator.comparing(StatePlaces.Place::waits))
                    .map(
                        place ->
                            steadily(
                                place,
                                TRIES_MAX,
                                now ->
                                    open(now)
                                        .thenCompose(
                                            state ->
                                                state
                                                    .of(hash)
                                                    .thenApply(
                                                        found ->
                                                            ofKey(
                                                                asOf(spec, now, state),
                                                                partitionKey,
                                                                found)))))
                    .orElseThrow(
                        () ->
                            new IllegalArgumentException(
                                "function "
                                    + function
                                    + ": has not begun in the shard of that key")));
  }

  private static OfKey ofKey(AsOf asOf, String partitionKey, Map<EntryKey, StateValue> found) {
    var entries = new ArrayList<StoredEntry>();
    found.forEach(
        (key, value) -> {
          if (key.partitionKey().equals(partitionKey)) {
            entries.add(new StoredEntry(key, value));
          }
        });
    return new OfKey(asOf, entries);
  }

  /** All that a function keeps, one shard after the other; answers as of when each was read. */
  public CompletionStage<List<AsOf>> all(String function, Visitor visitor) {
    var spec = specOf(function);
    return places
        .of(spec)
        .thenCompose(
            all -> {
              CompletionStage<List<AsOf>> seen =
                  CompletableFuture.completedFuture(new ArrayList<>());
              for (var place : all) {
                seen =
                    seen.thenCompose(
                        before ->
                            steadily(place, TRIES_MAX, now -> visit(spec, now, visitor))
                                .thenApply(
                                    asOf -> {
                                      before.add(asOf);
                                      return before;
                                    }));
              }
              return seen;
            });
  }

  private CompletionStage<AsOf> visit(
      FunctionSpec<?, ?> spec, StatePlaces.Place place, Visitor visitor) {
    return open(place)
        .thenCompose(
            state -> {
              var asOf = asOf(spec, place, state);
              visitor.begins(asOf);
              return state
                  .visit((key, value) -> visitor.entry(new StoredEntry(key, value)))
                  .thenApply(done -> asOf);
            });
  }

  FunctionSpec<?, ?> specOf(String function) {
    var spec = specs.get(function);
    if (spec == null) {
      throw new IllegalArgumentException(
          "function " + function + ": application " + application + " has " + specs.keySet());
    }
    return spec;
  }

  private static AsOf asOf(FunctionSpec<?, ?> spec, StatePlaces.Place place, CommittedState state) {
    var notes = new HashMap<String, byte[]>();
    boolean own = place.row().parts().isPresent();
    if (own) {
      state.origins().forEach(origin -> notes.putAll(origin.notes()));
    }
    var outside = new TreeSet<String>();
    place.parts().forEach(parts -> outside.addAll(parts.parts().keySet()));
    outside.retainAll(Set.of(KeyedHandler.PARKED, ThroughReceiver.PART, DuplicateGate.PART));
    if (!outside.isEmpty()) {
      notes.put(OUTSIDE, String.join("\n", outside).getBytes(UTF_8));
    }
    return new AsOf(
        spec.name(),
        place.shard(),
        place.range(),
        place.row().item().map(ProgressItem::progress).orElse(Progress.NONE),
        place.row().rev(),
        notes);
  }

  /**
   * Reads a shard; again, as of a later commit, when that fails and there is one: then what was
   * missing may have been deleted because of it.
   */
  <T> CompletionStage<T> steadily(
      StatePlaces.Place place, int tries, Function<StatePlaces.Place, CompletionStage<T>> reading) {
    CompletionStage<T> read;
    try {
      read = reading.apply(place);
    } catch (CheckpointException refused) {
      read = CompletableFuture.failedFuture(refused);
    }
    return read.exceptionallyCompose(
        thrown ->
            places
                .again(place)
                .thenCompose(
                    now -> {
                      if (now.row().rev() == place.row().rev()) {
                        return CompletableFuture.failedFuture(Stages.causeOf(thrown));
                      }
                      if (tries <= 1) {
                        throw new CheckpointException(
                            place.row().key()
                                + ": its owner went on "
                                + TRIES_MAX
                                + " times while it was read; pause the function, or take a snapshot"
                                + " and read that",
                            Stages.causeOf(thrown));
                      }
                      return steadily(now, tries - 1, reading);
                    }));
  }

  /** The state that the commits of a place name. */
  private CompletionStage<CommittedState> open(StatePlaces.Place place) {
    return open(place, StateRoot.STATE);
  }

  CompletionStage<CommittedState> open(StatePlaces.Place place, String part) {
    return CommittedState.read(
        home(place, part, "read"),
        HandlerState::former,
        (key, one, other) -> {
          throw new CheckpointException(
              place.row().key()
                  + ", "
                  + key
                  + ": two parents hold it, and only a worker of the function can join them");
        },
        place.parts());
  }

  /** Of someone who writes nothing under the names of the shard. */
  StateHome home(StatePlaces.Place place, String part, String prefix) {
    return home(place.row().key().key(), place.range(), part, prefix);
  }

  StateHome home(String what, HashRange range, String part, String prefix) {
    return new StateHome(
        what,
        range,
        prefix,
        prefix,
        part,
        chunks,
        new StateCache(StateCache.BYTES_MAX_DEFAULT / 8),
        loop,
        loop);
  }

  StatePlaces places() {
    return places;
  }

  ChunkStore chunks() {
    return chunks;
  }

  EventLoop loop() {
    return loop;
  }

  String application() {
    return application;
  }
}
