package io.headrace.local.engine;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;

/** The hash keys that one shard takes, both ends included. Immutable. */
public record HashRange(HashKey start, HashKey end) {
  public HashRange {
    if (start.compareTo(end) > 0) {
      throw new IllegalArgumentException("hash range starts at " + start + " after its end " + end);
    }
  }

  /** The whole ring in equal parts; the last part takes what the division leaves over. */
  static List<HashRange> evenly(int parts) {
    BigInteger width = HashKey.COUNT.divide(BigInteger.valueOf(parts));
    List<HashRange> ranges = new ArrayList<>(parts);
    for (int i = 0; i < parts; i++) {
      HashKey start = HashKey.of(width.multiply(BigInteger.valueOf(i)));
      HashKey end =
          i == parts - 1
              ? HashKey.MAX
              : HashKey.of(width.multiply(BigInteger.valueOf(i + 1L))).previous();
      ranges.add(new HashRange(start, end));
    }
    return ranges;
  }

  /** The first key of the upper half. */
  HashKey middle() {
    BigInteger first = start.number();
    BigInteger width = end.number().subtract(first).add(BigInteger.ONE);
    return HashKey.of(first.add(width.shiftRight(1)));
  }

  /** Whether {@code other} begins right where this range ends. */
  boolean meets(HashRange other) {
    return other.start.compareTo(HashKey.MIN) != 0 && other.start.previous().equals(end);
  }
}
