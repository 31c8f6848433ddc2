package io.headrace.local.engine;

import java.math.BigInteger;
import java.util.List;
import java.util.NavigableSet;
import java.util.TreeSet;

/** Where shards of equal width begin. Pure. */
final class UniformScaling {
  // Halves of thirds and sixths differ in the last digit, and nobody wants a shard of that width.
  private static final BigInteger NEAR = BigInteger.valueOf(1024);

  private UniformScaling() {}

  /**
   * The first keys of so many shards of equal width. One that is nearly where an open shard begins
   * is there exactly.
   */
  static NavigableSet<HashKey> starts(int count, List<Shard> open) {
    NavigableSet<HashKey> present = new TreeSet<>();
    open.forEach(shard -> present.add(shard.range().start()));
    BigInteger near = HashKey.COUNT.divide(BigInteger.valueOf(count)).divide(NEAR);
    NavigableSet<HashKey> starts = new TreeSet<>();
    for (HashRange range : HashRange.evenly(count)) {
      starts.add(nearest(range.start(), present, near));
    }
    return starts;
  }

  private static HashKey nearest(HashKey key, NavigableSet<HashKey> present, BigInteger near) {
    for (HashKey candidate : new HashKey[] {present.floor(key), present.ceiling(key)}) {
      if (candidate != null && isNear(candidate, key, near)) {
        return candidate;
      }
    }
    return key;
  }

  private static boolean isNear(HashKey one, HashKey other, BigInteger near) {
    return one.number().subtract(other.number()).abs().compareTo(near) <= 0;
  }
}
