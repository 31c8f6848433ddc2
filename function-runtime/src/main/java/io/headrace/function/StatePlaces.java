package io.headrace.function;

import io.headrace.checkpoint.EndedParent;
import io.headrace.checkpoint.OperatorStore;
import io.headrace.checkpoint.ProgressItem;
import io.headrace.checkpoint.ProgressKey;
import io.headrace.checkpoint.ProgressRow;
import io.headrace.kcl.CheckpointException;
import io.headrace.kcl.CommitParts;
import io.headrace.kcl.HashRange;
import io.headrace.kcl.ShardId;
import io.headrace.kcl.ShardKey;
import io.headrace.lease.LeaseRow;
import io.headrace.lease.LeaseTable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;

/**
 * Finds in which shards a function keeps state, and what its last commits say. Any thread; stages
 * complete on any thread.
 */
record StatePlaces(String application, LeaseTable leases, OperatorStore store) {
  /** So often shards may be split and merged while they are looked for. */
  private static final int TRIES_MAX = 10;

  /**
   * A shard that the function has not ended.
   *
   * @param lineage the parents for which the function may have to wait
   * @param held finds the function's progress there, under whichever of its names it is
   * @param row that progress, which may not have begun
   */
  record Place(
      ShardKey shard, HashRange range, List<ShardId> lineage, HeldProgress held, ProgressRow row) {
    /** What state goes on from: the last commit, or those of the parents. */
    List<CommitParts> parts() {
      return row.parts()
          .map(List::of)
          .orElseGet(
              () ->
                  new TreeMap<>(row.parents()).values().stream().map(EndedParent::parts).toList());
    }

    /** Whether parents are to be ended before anything is done here; some may be by now. */
    boolean waits() {
      return row.parts().isEmpty() && !row.parents().keySet().containsAll(lineage);
    }

    /** Nobody has been here, and nothing was left for whoever comes. */
    boolean isUntouched() {
      return row.item().isEmpty() && row.moved().isEmpty() && row.parents().isEmpty();
    }

    boolean isEnded() {
      return row.item().flatMap(ProgressItem::children).isPresent();
    }
  }

  /**
   * What the function's state belongs to: the one input that it keeps state of, or the stream
   * through which it is keyed.
   *
   * @throws IllegalArgumentException when the function keeps none, or in another way
   */
  static Leg<?> legOf(FunctionSpec<?, ?> spec) {
    if (!spec.isStateful()) {
      throw new IllegalArgumentException("function " + spec.name() + ": keeps no state");
    }
    if (spec.kind() instanceof FunctionKind.Lambda) {
      throw new IllegalArgumentException(
          "function "
              + spec.name()
              + ": is a Lambda handler, whose windows are stored as its workers alone read them");
    }
    var legs = spec.legs();
    return legs.get(legs.size() - 1);
  }

  /**
   * The shards of a function, in the order of their hash ranges, without those that only wait for
   * their parents: what these keep is the parents' yet.
   */
  CompletionStage<List<Place>> of(FunctionSpec<?, ?> spec) {
    return look(spec)
        .thenCompose(seen -> steadily(spec, seen, TRIES_MAX))
        .thenApply(StatePlaces::ofLatestStream);
  }

  /**
   * Looks until nothing has ended or come to be meanwhile: a parent that ended after its children
   * were looked at would be in neither.
   */
  private CompletionStage<List<Place>> steadily(
      FunctionSpec<?, ?> spec, List<Place> seen, int tries) {
    return look(spec)
        .thenCompose(
            now -> {
              if (standing(now).equals(standing(seen))) {
                return CompletableFuture.completedFuture(now);
              }
              if (tries <= 1) {
                throw new CheckpointException(
                    "shards of stream "
                        + legOf(spec).source().name()
                        + " end and begin all the time; try again when they stand still");
              }
              return steadily(spec, now, tries - 1);
            });
  }

  private static Set<List<Object>> standing(List<Place> all) {
    return all.stream()
        .map(
            place ->
                List.<Object>of(place.shard(), place.row().parents().keySet(), place.isEnded()))
        .collect(Collectors.toSet());
  }

  private CompletionStage<List<Place>> look(FunctionSpec<?, ?> spec) {
    var leg = legOf(spec);
    var all = new ArrayList<CompletableFuture<List<Place>>>();
    for (int bucket = 0; bucket < ShardKey.BUCKETS; bucket++) {
      all.add(
          leases
              .surveyLeases(application, bucket)
              .thenApply(
                  survey ->
                      survey.found().stream()
                          .map(found -> found.item())
                          .filter(lease -> !lease.ended())
                          .filter(lease -> isOf(leg, lease.shard()))
                          .map(lease -> place(spec, lease))
                          .toList())
              .thenCompose(this::read)
              .toCompletableFuture());
    }
    return CompletableFuture.allOf(all.toArray(CompletableFuture<?>[]::new))
        .thenApply(done -> all.stream().flatMap(places -> places.join().stream()).toList());
  }

  private static boolean isOf(Leg<?> leg, ShardKey shard) {
    return shard.stream().name().equals(leg.source().name());
  }

  private Place place(FunctionSpec<?, ?> spec, LeaseRow lease) {
    var key = new ProgressKey(lease.shard(), legOf(spec).handler());
    var held = new HeldProgress(store, spec, lease.shard());
    return new Place(lease.shard(), lease.range(), lease.parents(), held, ProgressRow.absent(key));
  }

  /** A stream that was made again is another one; nobody reads the former one any more. */
  private static List<Place> ofLatestStream(List<Place> all) {
    var latest =
        all.stream().map(place -> place.shard().stream().created()).max(Comparator.naturalOrder());
    return all.stream()
        .filter(place -> place.shard().stream().created().equals(latest.orElseThrow()))
        .filter(place -> !place.isEnded())
        .filter(place -> !place.waits() || !place.row().parents().isEmpty())
        .sorted(Comparator.comparing(place -> place.range().first()))
        .toList();
  }

  private CompletionStage<List<Place>> read(List<Place> some) {
    CompletableFuture<List<Place>> all = CompletableFuture.completedFuture(new ArrayList<>());
    for (var each : some) {
      all =
          all.thenCombine(
              again(each),
              (read, place) -> {
                read.add(place);
                return read;
              });
    }
    return all;
  }

  /** The same place, as it is now. */
  CompletionStage<Place> again(Place place) {
    return place
        .held()
        .found()
        .thenApply(
            row -> new Place(place.shard(), place.range(), place.lineage(), place.held(), row));
  }
}
