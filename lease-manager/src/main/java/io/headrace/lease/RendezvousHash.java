package io.headrace.lease;

import io.headrace.kcl.Incarnation;
import io.headrace.kcl.ShardKey;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * Ranks workers for a shard so that all agree without talking, and the loss of one worker changes
 * the first choice only for the shards that it had. A worker of capacity n draws n times.
 */
final class RendezvousHash {
  private static final long FNV_FIRST = 0xcbf29ce484222325L;
  private static final Comparator<Scored> BEST_FIRST =
      Comparator.comparingLong(Scored::score).reversed().thenComparing(Scored::who);

  private RendezvousHash() {}

  /** The workers, best first. */
  static List<Incarnation> rank(
      ShardKey shard, Collection<Incarnation> workers, Map<Incarnation, Integer> capacities) {
    long shardHash = mix(fnv(FNV_FIRST, shard.key()));
    // Each worker is scored once: a thousand shards are ranked at every change of a large fleet.
    var scored = new ArrayList<Scored>(workers.size());
    for (var who : workers) {
      scored.add(new Scored(who, best(shardHash, who, capacities.getOrDefault(who, 1))));
    }
    scored.sort(BEST_FIRST);
    return scored.stream().map(Scored::who).toList();
  }

  private record Scored(Incarnation who, long score) {}

  private static long best(long shardHash, Incarnation who, int draws) {
    long workerHash = mix(fnv(fnv(fnv(FNV_FIRST, who.workerId()), "#"), who.life()));
    long best = Long.MIN_VALUE;
    for (int draw = 0; draw < draws; draw++) {
      best = Math.max(best, mix(shardHash ^ mix(workerHash + draw)));
    }
    return best;
  }

  /** FNV-1a of the characters, going on from what came before. */
  private static long fnv(long before, String text) {
    long hash = before;
    for (int i = 0; i < text.length(); i++) {
      hash = (hash ^ text.charAt(i)) * 0x100000001b3L;
    }
    return hash;
  }

  /** The finalizer of MurmurHash3: every bit in changes half of the bits out. */
  private static long mix(long bits) {
    long x = (bits ^ (bits >>> 33)) * 0xff51afd7ed558ccdL;
    x = (x ^ (x >>> 33)) * 0xc4ceb9fe1a85ec53L;
    return x ^ (x >>> 33);
  }
}
