package io.headrace.checkpoint.state;

import java.math.BigInteger;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * All entries of one partition key, by its hash: they lie together in a run, since keys begin with
 * it. Whoever is to forget a key need not be told it.
 */
record HashSpan(byte[] hash) {
  private static final int BYTES = 16;

  static HashSpan of(BigInteger hash) {
    byte[] number = hash.toByteArray();
    byte[] padded = new byte[BYTES];
    // A hash whose first bit is set has a zero byte in front.
    int length = Math.min(number.length, BYTES);
    System.arraycopy(number, number.length - length, padded, BYTES - length, length);
    return new HashSpan(padded);
  }

  boolean holds(byte[] key) {
    return compare(key) == 0;
  }

  /**
   * Whether a piece of a run may hold some of it.
   *
   * @param first the piece's first key
   * @param next the first key of the piece behind it; null where there is none
   */
  boolean mayLieIn(byte[] first, byte @Nullable [] next) {
    return compare(first) <= 0 && (next == null || compare(next) >= 0);
  }

  private int compare(byte[] key) {
    return Arrays.compareUnsigned(key, 0, BYTES, hash, 0, BYTES);
  }
}
