package io.headrace.lease;

import io.headrace.kcl.Incarnation;
import io.headrace.kcl.ShardKey;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

/**
 * Who claims a free shard first: the best by rendezvous that has room below its target, so that
 * claims need no balancing afterwards. Others may come later, so no two views have to agree: what
 * they disagree on costs a failed write or a second, never a shard that nobody claims.
 */
final class ClaimPlan {
  private ClaimPlan() {}

  /**
   * How long {@code self} waits before it claims each shard.
   *
   * @param free in an order on which all agree
   * @param held how many each active worker has, {@code self} among them
   */
  static Map<ShardKey, Duration> waits(
      Incarnation self,
      Collection<ShardKey> free,
      Map<Incarnation, Integer> held,
      Map<Incarnation, Integer> capacities) {
    var firsts = assign(free, held, capacities);
    var waits = new HashMap<ShardKey, Duration>();
    for (var shard : free) {
      var first = firsts.get(shard);
      var second =
          RendezvousHash.rank(shard, held.keySet(), capacities).stream()
              .filter(who -> !who.equals(first))
              .findFirst();
      if (self.equals(first)) {
        waits.put(shard, Duration.ZERO);
      } else if (second.filter(self::equals).isPresent()) {
        waits.put(shard, LeaseSettings.SECOND_CHOICE);
      } else {
        waits.put(shard, LeaseSettings.ANY_CHOICE);
      }
    }
    return waits;
  }

  /** The first choice for each shard; nobody gets more than its target while others have less. */
  static Map<ShardKey, Incarnation> assign(
      Collection<ShardKey> free,
      Map<Incarnation, Integer> held,
      Map<Incarnation, Integer> capacities) {
    var room = new HashMap<Incarnation, Integer>();
    LeaseBalancer.targets(held, capacities, free.size())
        .forEach((who, target) -> room.put(who, target - held.getOrDefault(who, 0)));
    var firsts = new HashMap<ShardKey, Incarnation>();
    for (var shard : free) {
      var ranked = RendezvousHash.rank(shard, held.keySet(), capacities);
      var first =
          ranked.stream()
              .filter(who -> room.getOrDefault(who, 0) > 0)
              .findFirst()
              .orElse(ranked.get(0));
      room.merge(first, -1, Integer::sum);
      firsts.put(shard, first);
    }
    return firsts;
  }
}
