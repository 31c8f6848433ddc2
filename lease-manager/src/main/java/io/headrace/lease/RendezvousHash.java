package io.headrace.lease;

import io.headrace.kcl.Incarnation;
import io.headrace.kcl.ShardKey;
import java.util.Arrays;
import java.util.Collection;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Chooses among workers for a shard so that all agree without talking, and the loss of one worker
 * changes the first choice only for the shards that it had. A worker of capacity n draws n times.
 * Made once for a set of workers: a thousand shards are drawn for at every change of a large fleet.
 */
final class RendezvousHash {
  private static final long FNV_FIRST = 0xcbf29ce484222325L;

  /** In their order, so that of two with the same score the first one wins. */
  private final Incarnation[] workers;

  /** For each worker the hash of each of its draws. */
  private final long[][] draws;

  private RendezvousHash(Incarnation[] workers, long[][] draws) {
    this.workers = workers;
    this.draws = draws;
  }

  /** Who is not named in {@code capacities} draws once. */
  static RendezvousHash among(
      Collection<Incarnation> candidates, Map<Incarnation, Integer> capacities) {
    var workers = new TreeSet<>(candidates).toArray(Incarnation[]::new);
    var draws = new long[workers.length][];
    for (int i = 0; i < workers.length; i++) {
      var who = workers[i];
      long hash = mix(fnv(fnv(fnv(FNV_FIRST, who.workerId()), "#"), who.life()));
      draws[i] = new long[capacities.getOrDefault(who, 1)];
      for (int draw = 0; draw < draws[i].length; draw++) {
        draws[i][draw] = mix(hash + draw);
      }
    }
    return new RendezvousHash(workers, draws);
  }

  /** The best of those who may have the shard; null when nobody may. */
  @Nullable Incarnation best(ShardKey shard, Predicate<Incarnation> mayHave) {
    long shardHash = hash(shard);
    Incarnation best = null;
    long bestScore = Long.MIN_VALUE;
    for (int i = 0; i < workers.length; i++) {
      long score = score(i, shardHash);
      // Asked last: it costs more than the score.
      if ((best == null || score > bestScore) && mayHave.test(workers[i])) {
        best = workers[i];
        bestScore = score;
      }
    }
    return best;
  }

  /**
   * Whether {@code who} is the {@link #best}. Where it is not, few are asked until that is known.
   */
  boolean isBest(Incarnation who, ShardKey shard, Predicate<Incarnation> mayHave) {
    int place = Arrays.binarySearch(workers, who);
    if (place < 0 || !mayHave.test(who)) {
      return false;
    }
    long shardHash = hash(shard);
    long own = score(place, shardHash);
    for (int i = 0; i < workers.length; i++) {
      long score = score(i, shardHash);
      boolean isBetter = score > own || (score == own && i < place);
      if (isBetter && mayHave.test(workers[i])) {
        return false;
      }
    }
    return true;
  }

  private static long hash(ShardKey shard) {
    return mix(fnv(FNV_FIRST, shard.key()));
  }

  private long score(int worker, long shardHash) {
    long score = Long.MIN_VALUE;
    for (long draw : draws[worker]) {
      score = Math.max(score, mix(shardHash ^ draw));
    }
    return score;
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
