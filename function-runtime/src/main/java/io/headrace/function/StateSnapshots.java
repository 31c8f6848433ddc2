package io.headrace.function;

import io.headrace.checkpoint.CheckpointStore;
import io.headrace.checkpoint.ProgressItem;
import io.headrace.checkpoint.state.CommittedState;
import io.headrace.kcl.CheckpointException;
import io.headrace.kcl.CommitParts;
import io.headrace.kcl.Progress;
import io.headrace.kcl.StartingPosition;
import io.headrace.kcl.loop.Entropy;
import io.headrace.kcl.loop.Stages;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.random.RandomGenerator;

/**
 * Named copies of what a function keeps. A copy lies in a place of its own, where no worker deletes
 * anything, and is there until somebody removes it; the workers need not know of it. Any thread may
 * call; stages complete on any thread and fail as those of {@link StateReader} do.
 */
public final class StateSnapshots {
  /** While a copy is removed its manifest has this before its name: the rest can be removed yet. */
  private static final String REMOVING = "~";

  /** Of one shard: what was copied is not copied again, so that each try is shorter. */
  private static final int TRIES_MAX = 100;

  private final StateReader reader;
  private final CheckpointStore checkpoints;
  private final RandomGenerator random;

  /**
   * Copies of what a reader's application keeps.
   *
   * @param random drawn from here only
   */
  public StateSnapshots(StateReader reader, CheckpointStore checkpoints, RandomGenerator random) {
    this.reader = reader;
    this.checkpoints = checkpoints;
    this.random = random;
  }

  /** Copies what a function keeps; the name must be free. Workers go on meanwhile. */
  public CompletionStage<Snapshot> take(String function, String name) {
    var spec = reader.specOf(function);
    Snapshot.requireName(name);
    var at = reader.loop().now();
    var directory = directory(function) + "/" + name + "." + Entropy.name(random);
    return list(function)
        .thenCompose(
            all -> {
              if (all.stream().anyMatch(other -> other.name().equals(name))) {
                throw new IllegalArgumentException(
                    "snapshot " + name + " of " + function + ": is there already; remove it first");
              }
              return removed(function, name);
            })
        .thenCompose(done -> reader.places().of(spec))
        .thenCompose(places -> copied(spec, directory, places))
        .thenCompose(
            shards -> {
              var snapshot = new Snapshot(name, function, at, directory, shards);
              return reader
                  .chunks()
                  .put(directory(function) + "/" + name, snapshot.write())
                  .thenApply(done -> snapshot);
            });
  }

  private CompletionStage<List<Snapshot.OfShard>> copied(
      FunctionSpec<?, ?> spec, String directory, List<StatePlaces.Place> places) {
    var begun = places.stream().filter(place -> !place.isUntouched()).toList();
    if (begun.isEmpty()) {
      throw new IllegalArgumentException(
          "snapshot of " + spec.name() + ": no shard of it is known; has a worker ever started?");
    }
    CompletionStage<List<Snapshot.OfShard>> all =
        CompletableFuture.completedFuture(new ArrayList<>());
    for (var place : begun) {
      var copies = new ConcurrentHashMap<String, CommittedState.Copies>();
      all =
          all.thenCompose(
              before ->
                  reader
                      .steadily(place, TRIES_MAX, now -> copy(directory, now, copies))
                      .thenApply(
                          shard -> {
                            before.add(shard);
                            return before;
                          }));
    }
    return all;
  }

  private CompletionStage<Snapshot.OfShard> copy(
      String directory, StatePlaces.Place place, Map<String, CommittedState.Copies> copies) {
    if (place.isEnded()) {
      throw new CheckpointException(
          "snapshot of " + place.row().key() + ": the shard has just ended; take it once more");
    }
    boolean waits = !place.row().parents().isEmpty() && place.row().parts().isEmpty();
    if (place.row().item().isEmpty() && place.row().moved().isPresent()) {
      throw new CheckpointException(
          "snapshot of "
              + place.row().key()
              + ": the function has not begun there since it was moved; start a worker first");
    }
    if (waits) {
      throw new CheckpointException(
          "snapshot of "
              + place.row().key()
              + ": the function has inherited state there and committed nothing yet; take it once"
              + " more in a moment");
    }
    var prefix = directory + "/" + place.shard().key() + "/" + Entropy.name(random) + ".";
    CompletionStage<Map<String, byte[]>> parts = CompletableFuture.completedFuture(new HashMap<>());
    for (var commit : place.parts()) {
      for (var part : commit.parts().entrySet()) {
        parts =
            parts.thenCompose(
                before ->
                    copy(place, part.getKey(), part.getValue(), prefix, copies)
                        .thenApply(
                            copy -> {
                              copy.ifPresent(bytes -> before.put(part.getKey(), bytes));
                              return before;
                            }));
      }
    }
    return parts.thenCompose(
        of ->
            from(place)
                .thenApply(
                    from ->
                        new Snapshot.OfShard(
                            place.shard(),
                            place.range(),
                            place.row().rev(),
                            from,
                            place.row().item().map(ProgressItem::progress).orElse(Progress.NONE),
                            new CommitParts(of))));
  }

  /** Only what is known for certain to be whole once it is copied. */
  private CompletionStage<Optional<byte[]>> copy(
      StatePlaces.Place place,
      String part,
      byte[] bytes,
      String prefix,
      Map<String, CommittedState.Copies> copies) {
    return switch (part) {
      case StateRoot.STATE, DuplicateGate.PART ->
          reader
              .open(place, part)
              .thenCompose(
                  state ->
                      state.copyTo(
                          reader.home(place, part, prefix + part + "."),
                          copies.computeIfAbsent(part, first -> new CommittedState.Copies())))
              .thenApply(Optional::of);
      case ThroughReceiver.PART -> copyChunk(part, bytes, prefix).thenApply(Optional::of);
      // Letters that were played again by then, and outputs that were about to leave and leave in
      // any case: who goes back to the copy has nothing to do with them.
      case PlayedLetters.PART, CommitParts.OUTBOX ->
          CompletableFuture.completedFuture(Optional.empty());
      default ->
          throw new IllegalArgumentException(
              "snapshot of "
                  + place.row().key()
                  + ": it has \""
                  + part
                  + "\", which lies outside of its state and can't be copied with it"
                  + (part.equals(KeyedHandler.PARKED)
                      ? "; wait until no key is parked any more, or skip what holds them"
                      : ""));
    };
  }

  private CompletionStage<byte[]> copyChunk(String part, byte[] bytes, String prefix) {
    var root = StateRoot.of(CommitParts.of(part, bytes), part).orElseThrow();
    var name = prefix + part;
    return reader
        .chunks()
        .get(root.chunk())
        .thenCompose(
            chunk -> {
              if (ChunkBytes.checksum(chunk) != root.checksum()) {
                throw new CheckpointException(
                    part + " chunk " + root.chunk() + ": is not the one that was committed");
              }
              return reader.chunks().put(name, chunk);
            })
        .thenApply(done -> new StateRoot(name, root.checksum()).parts(part).parts().get(part));
  }

  /** Where a function goes on that has finished nothing. */
  private CompletionStage<StartingPosition> from(StatePlaces.Place place) {
    var item = place.row().item();
    var through = item.flatMap(found -> found.progress().through());
    if (through.isPresent()) {
      return CompletableFuture.completedFuture(StartingPosition.after(through.get()));
    }
    var moved = place.row().moved();
    if (moved.isPresent()) {
      return CompletableFuture.completedFuture(moved.get().to());
    }
    return place.row().parents().isEmpty() && item.isPresent()
        ? checkpoints.startOf(place.row().key().function(), StartingPosition.TRIM_HORIZON)
        : CompletableFuture.completedFuture(StartingPosition.TRIM_HORIZON);
  }

  /** Refuses while chunks of a former copy of that name are left: its removal would take both. */
  private CompletionStage<Void> removed(String function, String name) {
    var directory = directory(function);
    return names(directory, Optional.empty(), new ArrayList<>())
        .thenAccept(
            names -> {
              if (names.contains(directory + "/" + REMOVING + name)) {
                throw new IllegalArgumentException(
                    "snapshot "
                        + name
                        + " of "
                        + function
                        + ": the former one is not removed whole yet; remove it once more");
              }
            });
  }

  /** The copies of a function, by name; not those that are being removed. */
  public CompletionStage<List<Snapshot>> list(String function) {
    var spec = reader.specOf(function);
    return names(directory(spec.name()), Optional.empty(), new ArrayList<>())
        .thenCompose(
            names -> {
              CompletionStage<List<Snapshot>> all =
                  CompletableFuture.completedFuture(new ArrayList<>());
              for (var name : names) {
                if (!wordOf(name).startsWith(REMOVING)) {
                  all =
                      all.thenCombine(
                          reader.chunks().get(name),
                          (before, bytes) -> {
                            before.add(Snapshot.read(name, bytes));
                            return before;
                          });
                }
              }
              return all;
            });
  }

  /** A copy by its name. */
  CompletionStage<Snapshot> find(String function, String name) {
    return list(function)
        .thenApply(
            all ->
                all.stream()
                    .filter(each -> each.name().equals(name))
                    .findFirst()
                    .orElseThrow(
                        () ->
                            new IllegalArgumentException(
                                "snapshot "
                                    + name
                                    + " of "
                                    + function
                                    + ": there is none; there are "
                                    + all.stream().map(Snapshot::name).toList())));
  }

  /**
   * Removes a copy with all its chunks; not while the function's present state stands on it, as it
   * does from a seek to it until all was written anew. Goes on where a removal broke off.
   */
  public CompletionStage<Void> remove(String function, String name) {
    var directory = directory(reader.specOf(function).name());
    var manifest = directory + "/" + Snapshot.requireName(name);
    var removing = directory + "/" + REMOVING + name;
    return names(directory, Optional.empty(), new ArrayList<>())
        .thenCompose(
            names ->
                names.contains(removing)
                    ? reader.chunks().get(removing).thenApply(b -> Snapshot.read(removing, b))
                    : find(function, name).thenCompose(this::unused))
        .thenCompose(
            snapshot ->
                reader
                    .chunks()
                    .put(removing, snapshot.write())
                    .thenCompose(done -> reader.chunks().delete(manifest))
                    .thenCompose(done -> deleteChunks(snapshot))
                    .thenCompose(done -> reader.chunks().delete(removing)));
  }

  /** Refuses while some shard's commit reaches a chunk of it. */
  private CompletionStage<Snapshot> unused(Snapshot snapshot) {
    return reader
        .places()
        .of(reader.specOf(snapshot.function()))
        .thenCompose(
            places -> {
              CompletionStage<Snapshot> all = CompletableFuture.completedFuture(snapshot);
              for (var place : places) {
                for (var part : List.of(StateRoot.STATE, DuplicateGate.PART)) {
                  all = all.thenCompose(before -> unused(before, place, part));
                }
              }
              return all;
            });
  }

  private CompletionStage<Snapshot> unused(
      Snapshot snapshot, StatePlaces.Place place, String part) {
    return reader
        .steadily(
            place,
            TRIES_MAX,
            now -> reader.open(now, part).thenCompose(CommittedState::directories))
        .thenApply(
            directories -> {
              if (isReached(directories, snapshot.directory() + "/")
                  || isCarried(place, snapshot.directory() + "/")) {
                throw new IllegalArgumentException(
                    "snapshot "
                        + snapshot.name()
                        + ": "
                        + place.row().key()
                        + " went back to it and still stands on it; its workers write all of it"
                        + " anew in time");
              }
              return snapshot;
            });
  }

  /** What lies beside the state is one chunk, which its part names. */
  private static boolean isCarried(StatePlaces.Place place, String prefix) {
    return place.parts().stream()
        .flatMap(parts -> StateRoot.of(parts, ThroughReceiver.PART).stream())
        .anyMatch(root -> root.chunk().startsWith(prefix));
  }

  private static boolean isReached(Set<String> directories, String prefix) {
    return directories.stream().anyMatch(each -> each.startsWith(prefix));
  }

  private CompletionStage<Void> deleteChunks(Snapshot snapshot) {
    CompletionStage<Void> all = CompletableFuture.completedFuture(null);
    for (var shard : snapshot.shards()) {
      var directory = snapshot.directory() + "/" + shard.shard().key();
      all =
          all.thenCompose(
              done ->
                  names(directory, Optional.empty(), new ArrayList<>())
                      .thenCompose(this::deleteAll));
    }
    return all;
  }

  private CompletionStage<Void> deleteAll(List<String> names) {
    CompletionStage<Void> all = CompletableFuture.completedFuture(null);
    for (var name : names) {
      all = all.thenCompose(done -> reader.chunks().delete(name));
    }
    return all;
  }

  private CompletionStage<List<String>> names(
      String directory, Optional<String> after, List<String> before) {
    return reader
        .chunks()
        .names(directory, after)
        .thenCompose(
            page -> {
              before.addAll(page);
              return page.isEmpty()
                  ? CompletableFuture.completedFuture(before)
                  : names(directory, Optional.of(page.get(page.size() - 1)), before);
            })
        .exceptionally(
            thrown -> {
              throw new CheckpointException(
                  "chunks of " + directory + " can't be listed", Stages.causeOf(thrown));
            });
  }

  private static String wordOf(String name) {
    return name.substring(name.lastIndexOf('/') + 1);
  }

  /** No shard's chunks lie there: a stream's name has an {@code @} behind it. */
  private String directory(String function) {
    return reader.application() + "/" + function + "/snapshots";
  }
}
