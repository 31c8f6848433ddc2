package io.headrace.function;

import io.headrace.checkpoint.Order;
import io.headrace.checkpoint.Orders;
import io.headrace.checkpoint.ProgressKey;
import io.headrace.checkpoint.ProgressRow;
import io.headrace.kcl.CommitParts;
import io.headrace.kcl.HashRange;
import io.headrace.kcl.Progress;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StartingPosition;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * What an operator does to the state of functions: goes back to a copy, puts another state in its
 * place, has a key forgotten. Each deed is an {@link Order}; called, answered and refused as those
 * of {@link Operations}.
 */
public final class StateOperations {
  private final Operations operations;
  private final StateSnapshots snapshots;

  public StateOperations(Operations operations, StateSnapshots snapshots) {
    this.operations = operations;
    this.snapshots = snapshots;
  }

  /** What a function goes on from in one shard. */
  record Installed(StartingPosition from, Progress progress, CommitParts parts) {
    CompletionStage<Boolean> into(Operations operations, ProgressRow found, long order) {
      return operations.store().install(found, from, progress, parts, order);
    }
  }

  /**
   * Takes a function back to a copy of its state, and in each shard to the position that belongs to
   * it: what it did since is forgotten, and done again. Whoever runs it can commit no more from
   * that moment, and goes on from there with a higher fencing token.
   *
   * @param target without a key; in all shards that the function has not ended unless one is named
   */
  public CompletionStage<Operations.Sought> seek(
      Operations.Target target, String snapshot, String reason) {
    var spec = operations.spec(target);
    StatePlaces.legOf(spec);
    return operations
        .shard(spec, target)
        .thenCompose(
            shard ->
                snapshots
                    .find(spec.name(), snapshot)
                    .thenCompose(
                        copy ->
                            operations
                                .places()
                                .of(spec)
                                .thenApply(places -> wanted(copy, places, shard))
                                .thenCompose(
                                    all ->
                                        install(
                                            target,
                                            shard,
                                            new Order.Deed.Seek(
                                                StartingPosition.at(copy.at()),
                                                Optional.of("snapshot:" + copy.name())),
                                            all,
                                            reason))));
  }

  /** The number of the latest order that was given; 0 for none. */
  CompletionStage<Long> latest() {
    return operations.store().orders().thenApply(Orders::number);
  }

  CompletionStage<Operations.Sought> install(
      Operations.Target target,
      Optional<ShardKey> shard,
      Order.Deed.Seek deed,
      Map<ProgressKey, Installed> all,
      String reason) {
    return operations.move(
        target,
        shard,
        deed,
        reason,
        List.copyOf(all.keySet()),
        (found, order) -> {
          var installed = all.get(found.key());
          if (installed == null) {
            throw new IllegalStateException(found.key() + ": was not asked for");
          }
          return installed.into(operations, found, order);
        });
  }

  /** Nothing is moved when one shard can't be. */
  private static Map<ProgressKey, Installed> wanted(
      Snapshot copy, List<StatePlaces.Place> places, Optional<ShardKey> shard) {
    var wanted = new LinkedHashMap<ProgressKey, Installed>();
    for (var place : places) {
      if (shard.isPresent() && !shard.get().equals(place.shard())) {
        continue;
      }
      var of =
          copy.shards().stream().filter(each -> each.shard().equals(place.shard())).findFirst();
      if (of.isEmpty() && place.isUntouched()) {
        continue; // It begins as its specification says, as it would have then.
      }
      wanted.put(place.row().key(), installed(copy, place, of));
    }
    if (wanted.isEmpty()) {
      throw new IllegalArgumentException(
          "seek of "
              + copy.function()
              + ": there is no shard of it that it has not ended"
              + shard.map(named -> ", of the name " + named).orElse(""));
    }
    return wanted;
  }

  private static Installed installed(
      Snapshot copy, StatePlaces.Place place, Optional<Snapshot.OfShard> found) {
    var of =
        found.orElseThrow(
            () ->
                new IllegalArgumentException(
                    "seek of "
                        + place.row().key()
                        + ": snapshot "
                        + copy.name()
                        + " was taken before there was this shard; what its parents did"
                        + " stands. Name the shards that are in it with --shard: "
                        + copy.shards().stream().map(each -> each.shard().key()).toList()));
    return new Installed(of.from(), of.progress(), of.parts());
  }

  /**
   * Has a function forget all that it keeps under a partition key, out of the chunks as well: done
   * by whoever runs the key's shard, now or when somebody does, between two calls. The order holds
   * the key's hash only.
   *
   * @see StateReader.AsOf#erasures
   */
  public CompletionStage<Order> erase(String function, String partitionKey, String reason) {
    var target = Operations.Target.of(function);
    StatePlaces.legOf(operations.spec(target));
    if (partitionKey.isEmpty()) {
      throw new IllegalArgumentException("key: is empty, and no record has an empty key");
    }
    var deed = new Order.Deed.Erase(HashRange.hashOf(partitionKey));
    return operations.give(target, Optional.empty(), deed, reason);
  }
}
