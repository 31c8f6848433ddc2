package io.headrace.lease;

import io.headrace.kcl.Incarnation;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StreamId;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.function.BiPredicate;
import java.util.stream.Collectors;

/**
 * Who claims a free shard first: the best by rendezvous that has room below its target, so that
 * claims need no balancing afterwards. Others may come later, so no two views have to agree: what
 * they disagree on costs a failed write or a second, never a shard that nobody claims.
 */
final class ClaimPlan {
  private ClaimPlan() {}

  /**
   * How long {@code self} waits before it claims each shard, in the order of {@code free}.
   *
   * @param free and what each weighs, in an order on which all agree
   * @param held what each active worker has, {@code self} among them
   * @param reads whether a worker reads a stream: who does not is no choice for its shards
   */
  static Map<ShardKey, Duration> waits(
      Incarnation self,
      SortedMap<ShardKey, Integer> free,
      Map<Incarnation, Integer> held,
      Map<Incarnation, Integer> capacities,
      BiPredicate<Incarnation, StreamId> reads) {
    var firsts = assign(free, held, capacities, reads);
    var hash = RendezvousHash.among(held.keySet(), capacities);
    var waits = new LinkedHashMap<ShardKey, Duration>();
    for (var shard : free.keySet()) {
      var first = firsts.get(shard);
      if (self.equals(first)) {
        waits.put(shard, Duration.ZERO);
        continue;
      }
      boolean isSecond =
          hash.isBest(self, shard, who -> !who.equals(first) && reads.test(who, shard.stream()));
      waits.put(shard, isSecond ? LeaseSettings.SECOND_CHOICE : LeaseSettings.ANY_CHOICE);
    }
    return waits;
  }

  /**
   * The first choice for each shard; nobody gets more than its room while others have some. Shards
   * that nobody reads are left out. Shards with the same readers, mostly all there are, are planned
   * as one, since what each worker takes of one stream counts for the next.
   */
  static Map<ShardKey, Incarnation> assign(
      SortedMap<ShardKey, Integer> free,
      Map<Incarnation, Integer> held,
      Map<Incarnation, Integer> capacities,
      BiPredicate<Incarnation, StreamId> reads) {
    var groups = new LinkedHashMap<Set<Incarnation>, Map<ShardKey, Integer>>();
    var groupOf = new HashMap<StreamId, Map<ShardKey, Integer>>();
    free.forEach(
        (shard, weight) ->
            groupOf
                .computeIfAbsent(
                    shard.stream(),
                    stream ->
                        groups.computeIfAbsent(
                            readers(stream, held.keySet(), reads), r -> new LinkedHashMap<>()))
                .put(shard, weight));
    var totals = new HashMap<>(held);
    var firsts = new HashMap<ShardKey, Incarnation>();
    groups.forEach(
        (readers, shards) -> {
          if (!readers.isEmpty()) {
            var group = new HashMap<>(totals);
            group.keySet().retainAll(readers);
            var assigned = assign(shards, group, capacities);
            assigned.forEach(
                (shard, who) -> totals.merge(who, shards.getOrDefault(shard, 1), Integer::sum));
            firsts.putAll(assigned);
          }
        });
    return firsts;
  }

  private static Set<Incarnation> readers(
      StreamId stream, Set<Incarnation> workers, BiPredicate<Incarnation, StreamId> reads) {
    return workers.stream().filter(who -> reads.test(who, stream)).collect(Collectors.toSet());
  }

  /** In the order in which they are given. */
  private static Map<ShardKey, Incarnation> assign(
      Map<ShardKey, Integer> free,
      Map<Incarnation, Integer> held,
      Map<Incarnation, Integer> capacities) {
    int all = free.values().stream().mapToInt(weight -> weight).sum();
    var room = LeaseBalancer.rooms(held, capacities, all);
    var hash = RendezvousHash.among(held.keySet(), capacities);
    var firsts = new HashMap<ShardKey, Incarnation>();
    free.forEach(
        (shard, weight) -> {
          var first = hash.best(shard, who -> room.getOrDefault(who, 0) > 0);
          if (first == null) {
            first = Objects.requireNonNull(hash.best(shard, who -> true), "nobody reads it");
          }
          room.merge(first, -weight, Integer::sum);
          firsts.put(shard, first);
        });
    return firsts;
  }
}
