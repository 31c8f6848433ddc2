package io.headrace.lease;

import io.headrace.kcl.Incarnation;
import io.headrace.kcl.ShardKey;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * Ranks workers for a shard so that all agree without talking, and the loss of one worker changes
 * the first choice only for the shards that it had. A worker of capacity n draws n times.
 */
final class RendezvousHash {
  private RendezvousHash() {}

  /** The workers, best first. */
  static List<Incarnation> rank(
      ShardKey shard, Collection<Incarnation> workers, Map<Incarnation, Integer> capacities) {
    long shardHash = hash(shard.key());
    return workers.stream()
        .sorted(
            Comparator.<Incarnation>comparingLong(
                    who -> best(shardHash, who, capacities.getOrDefault(who, 1)))
                .reversed()
                .thenComparing(Comparator.naturalOrder()))
        .toList();
  }

  private static long best(long shardHash, Incarnation who, int draws) {
    long workerHash = hash(who.toString());
    long best = Long.MIN_VALUE;
    for (int draw = 0; draw < draws; draw++) {
      best = Math.max(best, mix(shardHash ^ mix(workerHash + draw)));
    }
    return best;
  }

  /** FNV-1a of the characters. */
  private static long hash(String text) {
    long hash = 0xcbf29ce484222325L;
    for (int i = 0; i < text.length(); i++) {
      hash = (hash ^ text.charAt(i)) * 0x100000001b3L;
    }
    return mix(hash);
  }

  /** The finalizer of MurmurHash3: every bit in changes half of the bits out. */
  private static long mix(long bits) {
    long x = (bits ^ (bits >>> 33)) * 0xff51afd7ed558ccdL;
    x = (x ^ (x >>> 33)) * 0xc4ceb9fe1a85ec53L;
    return x ^ (x >>> 33);
  }
}
