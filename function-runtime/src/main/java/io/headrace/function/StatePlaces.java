package io.headrace.function;

import io.headrace.checkpoint.EndedParent;
import io.headrace.checkpoint.OperatorStore;
import io.headrace.checkpoint.ProgressItem;
import io.headrace.checkpoint.ProgressKey;
import io.headrace.checkpoint.ProgressRow;
import io.headrace.kcl.CommitParts;
import io.headrace.kcl.HashRange;
import io.headrace.kcl.Position;
import io.headrace.kcl.ShardKey;
import io.headrace.lease.LeaseTable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Finds in which shards a function keeps state, and what its last commits say. Any thread; stages
 * complete on any thread.
 */
record StatePlaces(String application, LeaseTable leases, OperatorStore store) {
  /**
   * A shard that the function has not ended.
   *
   * @param row the function's progress there, which may not have begun
   */
  record Place(ShardKey shard, HashRange range, ProgressRow row) {
    /** What state goes on from: the last commit, or those of the parents. */
    List<CommitParts> parts() {
      return row.parts()
          .map(List::of)
          .orElseGet(
              () ->
                  new TreeMap<>(row.parents()).values().stream().map(EndedParent::parts).toList());
    }

    Optional<Position> through() {
      return row.item().flatMap(item -> item.progress().through());
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

  /** The shards of a function, in the order of their hash ranges. */
  CompletionStage<List<Place>> of(FunctionSpec<?, ?> spec) {
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
                          .map(lease -> place(leg, lease.shard(), lease.range()))
                          .toList())
              .thenCompose(this::read)
              .toCompletableFuture());
    }
    return CompletableFuture.allOf(all.toArray(CompletableFuture<?>[]::new))
        .thenApply(
            done ->
                ofLatestStream(all.stream().flatMap(places -> places.join().stream()).toList()));
  }

  private static boolean isOf(Leg<?> leg, ShardKey shard) {
    return shard.stream().name().equals(leg.source().name());
  }

  private static Place place(Leg<?> leg, ShardKey shard, HashRange range) {
    return new Place(shard, range, ProgressRow.absent(new ProgressKey(shard, leg.handler())));
  }

  /** A stream that was made again is another one; nobody reads the former one any more. */
  private static List<Place> ofLatestStream(List<Place> all) {
    var latest =
        all.stream().map(place -> place.shard().stream().created()).max(Comparator.naturalOrder());
    return all.stream()
        .filter(place -> place.shard().stream().created().equals(latest.orElseThrow()))
        .filter(place -> !place.isEnded())
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
    return store
        .progress(place.row().key())
        .thenApply(row -> new Place(place.shard(), place.range(), row));
  }
}
