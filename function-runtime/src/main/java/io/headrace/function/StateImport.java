package io.headrace.function;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.headrace.checkpoint.Order;
import io.headrace.checkpoint.ProgressKey;
import io.headrace.checkpoint.state.EntryKind;
import io.headrace.checkpoint.state.Lookup;
import io.headrace.checkpoint.state.StateSpace;
import io.headrace.kcl.CommitParts;
import io.headrace.kcl.HashRange;
import io.headrace.kcl.Progress;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StartingPosition;
import io.headrace.kcl.loop.Entropy;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Puts entries that were read elsewhere in the place of what a function keeps. Each goes to the
 * shard of its partition key; they are stored as they come, beside what is there, and count in all
 * shards once {@link #finish} has said so. What was begun and not finished changes nothing, and
 * leaves chunks that nobody reads.
 *
 * <p>Used once, by one thread that waits for each stage before the next call; stages fail as those
 * of {@link Operations}.
 */
public final class StateImport {
  /** So much waits in memory to be stored. */
  private static final long UNSTORED_MAX = 8L << 20;

  private final StateReader reader;
  private final StateOperations operations;
  private final String function;
  private final boolean replaces;
  private final String directory;

  private final Map<ShardKey, Target> targets = new LinkedHashMap<>();
  private final Map<ShardKey, StateReader.AsOf> heads = new HashMap<>();
  private long entries;

  /** A shard that gets state. */
  private record Target(StatePlaces.Place place, StateSpace space) {}

  /**
   * An import into one function, to be begun.
   *
   * @param replaces whether state that is there is to be dropped
   * @param random drawn from here only
   */
  public StateImport(
      StateReader reader,
      StateOperations operations,
      String function,
      boolean replaces,
      RandomGenerator random) {
    this.reader = reader;
    this.operations = operations;
    this.function = function;
    this.replaces = replaces;
    this.directory =
        reader.application() + "/" + function + "/imports/" + Entropy.name(random) + "/";
  }

  /** Looks at what is there; the first call. */
  public CompletionStage<Void> begin() {
    return reader
        .places()
        .of(reader.specOf(function))
        .thenCompose(
            places -> {
              check(places);
              CompletionStage<Void> all = CompletableFuture.completedFuture(null);
              for (var place : places) {
                var target = new Target(place, open(place));
                targets.put(place.shard(), target);
                all =
                    all.thenCompose(done -> onLoop(() -> target.space().restore(List.of())))
                        .thenAccept(origins -> {});
              }
              return all;
            });
  }

  private StateSpace open(StatePlaces.Place place) {
    var prefix = directory + place.shard().key() + "/0.";
    return new StateSpace(
        reader.home(place, StateRoot.STATE, prefix),
        HandlerState::former,
        (key, one, other) -> {
          throw new IllegalStateException("nothing is joined where there was nothing");
        });
  }

  private void check(List<StatePlaces.Place> places) {
    if (places.isEmpty()) {
      throw new IllegalArgumentException(
          "import into "
              + function
              + ": no shard of its stream is known; start a worker of the application once, and"
              + " stop it");
    }
    for (int i = 1; i < places.size(); i++) {
      var before = places.get(i - 1);
      var place = places.get(i);
      if (before.range().last().compareTo(place.range().first()) >= 0) {
        throw new IllegalArgumentException(
            "import into "
                + function
                + ": it has to end "
                + before.shard()
                + " before it begins "
                + place.shard()
                + ", or the other way round, and a key would lie in both; let it run until then");
      }
    }
    if (!replaces) {
      places.stream()
          .filter(place -> place.parts().stream().anyMatch(StateImport::hasState))
          .findFirst()
          .ifPresent(
              place -> {
                throw new IllegalArgumentException(
                    "import into "
                        + place.row().key()
                        + ": there is state already; say --replace to drop it");
              });
    }
  }

  private static boolean hasState(CommitParts parts) {
    return parts.parts().containsKey(StateRoot.STATE);
  }

  /** A shard that was exported: where it was, for {@link #finish} without a place. */
  public void add(StateReader.AsOf head) {
    heads.put(head.shard(), head);
  }

  /** Entries of whatever shard; of two under one key the later one counts. */
  public CompletionStage<Void> add(List<StoredEntry> some) {
    return onLoop(
        () -> {
          var changed = new ArrayList<StateSpace>();
          for (var entry : some) {
            var space = targetOf(entry).space();
            space.put(entry.entryKey(), entry.value());
            if (entry.kind() == EntryKind.WINDOW) {
              mark(space, entry);
            }
            entries++;
            if (!changed.contains(space)) {
              changed.add(space);
            }
          }
          CompletionStage<Void> all = CompletableFuture.completedFuture(null);
          for (var space : changed) {
            if (space.unstoredBytes() > UNSTORED_MAX) {
              all = all.thenCompose(done -> onLoop(space::snapshot).thenAccept(parts -> {}));
            }
          }
          return all;
        });
  }

  /** A sum is found by its window's mark, which whoever made the entries may have left out. */
  private static void mark(StateSpace space, StoredEntry sum) {
    var mark = EntryKeys.openOf(EntryKeys.windowOf(sum.entryKey()));
    if (!(space.look(mark) instanceof Lookup.Found)) {
      space.put(mark, EntryKeys.OPEN); // As of one that was not told yet.
    }
  }

  private Target targetOf(StoredEntry entry) {
    return targets.values().stream()
        .filter(target -> target.place().range().holds(entry.partitionKey()))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "import into " + function + ": " + entry + " lies in none of its shards"));
  }

  /** How many entries were added. */
  public long entries() {
    return entries;
  }

  /**
   * Has the function go on from what was added, wherever it runs. An order, as {@link
   * StateOperations#seek}.
   *
   * @param to where it reads on; empty for where each shard was when it was exported, which must
   *     have been this shard: then the shard's event time is taken over, too
   */
  public CompletionStage<Operations.Sought> finish(Optional<StartingPosition> to, String reason) {
    to.ifPresent(
        place -> Operations.requireReadable(place, reader.loop().now(), targets.size() == 1));
    if (to.isEmpty()) {
      for (var shard : targets.keySet()) {
        if (!heads.containsKey(shard)) {
          throw new IllegalArgumentException(
              "import into "
                  + function
                  + ": nothing of shard "
                  + shard
                  + " was exported, but of "
                  + heads.keySet()
                  + "; say with --to where it reads on");
        }
        requireWhole(shard);
      }
    }
    return operations.latest().thenCompose(latest -> finish(to, reason, latest));
  }

  /** What was under way behind the position would be passed over, or done twice. */
  private void requireWhole(ShardKey shard) {
    var outside = Objects.requireNonNull(heads.get(shard), "head").outside();
    if (outside.contains(KeyedHandler.PARKED)) {
      throw new IllegalArgumentException(
          "import into "
              + function
              + ": when shard "
              + shard
              + " was exported, records of parked keys waited behind its position, and are not"
              + " exported: export when none are parked any more, or say with --to where it reads"
              + " on");
    }
    if (outside.contains(ThroughReceiver.PART)) {
      throw new IllegalArgumentException(
          "import into "
              + function
              + ": it is keyed through "
              + shard.stream().name()
              + ", and which of its records came twice is not exported; take a snapshot, or say"
              + " with --to where it reads on");
    }
  }

  private CompletionStage<Operations.Sought> finish(
      Optional<StartingPosition> to, String reason, long latestOrder) {
    CompletionStage<Map<ProgressKey, StateOperations.Installed>> all =
        CompletableFuture.completedFuture(new LinkedHashMap<>());
    for (var target : targets.values()) {
      all =
          all.thenCompose(
              before ->
                  onLoop(() -> stored(target, to.isEmpty(), latestOrder))
                      .thenApply(
                          parts -> {
                            before.put(target.place().row().key(), installed(target, to, parts));
                            return before;
                          }));
    }
    var seek = new Order.Deed.Seek(to.orElse(StartingPosition.TRIM_HORIZON), Optional.of("import"));
    return all.thenCompose(
        installed ->
            operations.install(
                Operations.Target.of(function), Optional.empty(), seek, installed, reason));
  }

  private CompletionStage<CommitParts> stored(Target target, boolean takesNotes, long latestOrder) {
    var head = heads.get(target.place().shard());
    if (takesNotes && head != null) {
      head.notes().entrySet().stream()
          .filter(note -> !note.getKey().equals(StateErasure.NOTE))
          .filter(note -> !note.getKey().equals(StateReader.OUTSIDE))
          .forEach(note -> target.space().note(note.getKey(), note.getValue()));
    }
    long obeyed = erasures(target.place().range());
    if (obeyed > 0 && obeyed <= latestOrder) {
      target.space().note(StateErasure.NOTE, Long.toString(obeyed).getBytes(UTF_8));
    }
    return target.space().snapshot();
  }

  /**
   * Up to which order to erase keys all that went into a range has obeyed; 0 where that is not
   * known. What another function obeyed, or one of an application that was given more orders, says
   * nothing of the orders that were given here, and each of these is obeyed then.
   */
  private long erasures(HashRange range) {
    return heads.values().stream()
        .filter(head -> head.range().first().compareTo(range.last()) <= 0)
        .filter(head -> range.first().compareTo(head.range().last()) <= 0)
        .mapToLong(head -> head.function().equals(function) ? head.erasures() : 0)
        .min()
        .orElse(0);
  }

  private StateOperations.Installed installed(
      Target target, Optional<StartingPosition> to, CommitParts parts) {
    var head = heads.get(target.place().shard());
    target.space().close();
    if (to.isPresent() || head == null) {
      return new StateOperations.Installed(
          to.orElse(StartingPosition.TRIM_HORIZON), progressAt(to.orElse(null)), parts);
    }
    var from = head.through().map(StartingPosition::after).orElse(StartingPosition.TRIM_HORIZON);
    return new StateOperations.Installed(from, head.progress(), parts);
  }

  private static Progress progressAt(@Nullable StartingPosition to) {
    return to instanceof StartingPosition.After after
        ? new Progress(Optional.of(after.position()), List.of())
        : Progress.NONE;
  }

  private <T> CompletionStage<T> onLoop(Work<T> work) {
    var done = new CompletableFuture<T>();
    reader
        .loop()
        .execute(
            () -> {
              try {
                var unused =
                    work.begin()
                        .whenComplete(
                            (value, thrown) -> {
                              if (thrown != null) {
                                done.completeExceptionally(thrown);
                              } else {
                                done.complete(value);
                              }
                            });
              } catch (Throwable thrown) {
                done.completeExceptionally(thrown);
              }
            });
    return done;
  }

  private interface Work<T> {
    CompletionStage<T> begin();
  }
}
