package io.headrace.kcl.kinesis;

import io.headrace.kcl.HashRange;
import io.headrace.kcl.Shard;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;

/**
 * Which shard takes which key, as one ListShards told it. A shard's range never changes, so a map
 * can be outdated only in which shards are open. Never changes; one owner thread, since it works
 * hashes out in one place.
 */
final class ShardMap {
  /** Hash keys as two unsigned halves: comparing them costs a few instructions. */
  private record Range(long firstHigh, long firstLow, long lastHigh, long lastLow) {
    static Range of(HashRange range) {
      return new Range(
          high(range.first()),
          range.first().longValue(),
          high(range.last()),
          range.last().longValue());
    }

    boolean holds(long high, long low) {
      return compare(firstHigh, firstLow, high, low) <= 0
          && compare(high, low, lastHigh, lastLow) <= 0;
    }
  }

  private final MessageDigest md5 = md5();
  private final Map<String, Range> ranges = new HashMap<>();
  private final String[] open;
  private final long[] firstHigh;
  private final long[] firstLow;

  /**
   * Makes a map of all shards that the stream lists.
   *
   * @throws IllegalArgumentException when the open ones leave a gap or overlap
   */
  ShardMap(List<Shard> shards) {
    var parents = new HashSet<String>();
    for (Shard shard : shards) {
      ranges.put(shard.id().value(), Range.of(shard.range()));
      shard.parents().forEach(parent -> parents.add(parent.value()));
    }
    var leaves = new ArrayList<Shard>();
    for (Shard shard : shards) {
      if (!parents.contains(shard.id().value())) {
        leaves.add(shard);
      }
    }
    leaves.sort(Comparator.comparing(shard -> shard.range().first()));
    open = new String[leaves.size()];
    firstHigh = new long[open.length];
    firstLow = new long[open.length];
    BigInteger next = BigInteger.ZERO;
    for (int i = 0; i < open.length; i++) {
      Shard leaf = leaves.get(i);
      if (!leaf.range().first().equals(next)) {
        throw broken(leaf, next);
      }
      open[i] = leaf.id().value();
      firstHigh[i] = high(leaf.range().first());
      firstLow[i] = leaf.range().first().longValue();
      next = leaf.range().last().add(BigInteger.ONE);
    }
    if (!next.equals(HashRange.ALL.last().add(BigInteger.ONE))) {
      throw new IllegalArgumentException("its open shards end before hash key " + next);
    }
  }

  private static IllegalArgumentException broken(Shard leaf, BigInteger expected) {
    return new IllegalArgumentException(
        "open shard "
            + leaf.id()
            + " begins at hash key "
            + leaf.range().first()
            + ", but the one before ends before "
            + expected);
  }

  /** The open shard that takes a key. */
  String shardOf(PendingRecord record) {
    hash(record);
    int from = 0;
    int to = open.length - 1;
    while (from < to) {
      int middle = (from + to + 1) >>> 1;
      if (compare(firstHigh[middle], firstLow[middle], record.hashHigh, record.hashLow) <= 0) {
        from = middle;
      } else {
        to = middle - 1;
      }
    }
    return open[from];
  }

  /** Whether the shard is listed, open or closed. */
  boolean knows(String shard) {
    return ranges.containsKey(shard);
  }

  /** Whether the keys of all these belong to a shard that is listed. */
  boolean holdsAll(String shard, List<PendingRecord> records) {
    Range range = ranges.get(shard);
    if (range == null) {
      return false;
    }
    for (PendingRecord record : records) {
      hash(record);
      if (!range.holds(record.hashHigh, record.hashLow)) {
        return false;
      }
    }
    return true;
  }

  /** Works the hash key out once. */
  private void hash(PendingRecord record) {
    if (record.hashed) {
      return;
    }
    byte[] hash = md5.digest(record.entry.partitionKey().getBytes(StandardCharsets.UTF_8));
    record.hashHigh = eightBytes(hash, 0);
    record.hashLow = eightBytes(hash, 8);
    record.hashed = true;
  }

  private static MessageDigest md5() {
    try {
      return MessageDigest.getInstance("MD5");
    } catch (NoSuchAlgorithmException absent) {
      throw new AssertionError("every JDK has MD5", absent);
    }
  }

  private static long eightBytes(byte[] bytes, int from) {
    long value = 0;
    for (int i = from; i < from + 8; i++) {
      value = (value << 8) | (bytes[i] & 0xFF);
    }
    return value;
  }

  private static long high(BigInteger hashKey) {
    return hashKey.shiftRight(Long.SIZE).longValue();
  }

  private static int compare(long highA, long lowA, long highB, long lowB) {
    int byHigh = Long.compareUnsigned(highA, highB);
    return byHigh != 0 ? byHigh : Long.compareUnsigned(lowA, lowB);
  }
}
