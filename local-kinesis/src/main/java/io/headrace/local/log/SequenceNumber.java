package io.headrace.local.log;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * A sequence number in the shape the service gives out today, its "version 2": a number of 186 bits
 * that tells when the shard was made, the order within the shard, the second of arrival, and the
 * shard. Immutable.
 *
 * <p>From the top: the digit 2 (4 bits), seconds of the shard's creation (36), the shard's lowest
 * nibble (4), the order (64), zero (8), seconds of arrival (36), the shard (32), the digit 2 (4).
 */
public record SequenceNumber(long shardCreatedSeconds, int shardIndex, long order, long seconds) {
  /** The order in the number that ends a closed shard; no record has it. */
  public static final long ORDER_MAX = Long.MAX_VALUE;

  private static final int DIGITS = 56;
  private static final int CHUNK_DIGITS = 9;
  private static final long CHUNK = 1_000_000_000;
  private static final long SECONDS_MAX = 16_025_175_000L;

  public SequenceNumber {
    if (order < 0 || shardIndex < 0) {
      throw new IllegalArgumentException("order " + order + ", shard " + shardIndex);
    }
  }

  /** Takes a number apart; empty when it is not a sequence number of this version. */
  public static Optional<SequenceNumber> parse(String decimal) {
    BigInteger number = new BigInteger(decimal);
    boolean shaped = number.bitLength() == 186 && bits(number, 184, 4) == 2;
    if (!shaped || bits(number, 0, 4) != 2) {
      return Optional.empty();
    }
    long created = bits(number, 148, 36);
    long order = number.shiftRight(80).longValue();
    long shard = bits(number, 4, 32);
    if (created >= SECONDS_MAX || order < 0 || shard > Integer.MAX_VALUE) {
      return Optional.empty();
    }
    return Optional.of(new SequenceNumber(created, (int) shard, order, bits(number, 36, 36)));
  }

  /**
   * The number in decimal, always 56 digits. Written by hand because reading 10,000 records writes
   * 10,000 of these, and {@link BigInteger#toString()} takes several times as long.
   */
  @Override
  public String toString() {
    long[] words = words();
    byte[] digits = new byte[DIGITS];
    int top = words.length - 1;
    for (int end = DIGITS; end > 0; end -= CHUNK_DIGITS) {
      long remainder = 0;
      for (int i = top; i >= 0; i--) {
        long dividend = (remainder << 32) | words[i];
        words[i] = dividend / CHUNK;
        remainder = dividend % CHUNK;
      }
      while (top > 0 && words[top] == 0) {
        top--;
      }
      writeDigits((int) remainder, digits, end);
    }
    return new String(digits, StandardCharsets.ISO_8859_1);
  }

  private long[] words() {
    long mask = 0xffff_ffffL;
    long shard = shardIndex;
    return new long[] {
      ((shard << 4) | 2) & mask,
      ((shard >>> 28) | (seconds << 4)) & mask,
      ((seconds >>> 28) & 0xff) | ((order << 16) & mask),
      (order >>> 16) & mask,
      ((order >>> 48) | ((shard & 0xf) << 16) | (shardCreatedSeconds << 20)) & mask,
      ((shardCreatedSeconds >>> 12) & 0xff_ffff) | (2L << 24)
    };
  }

  private static void writeDigits(int chunk, byte[] digits, int end) {
    int rest = chunk;
    int start = Math.max(0, end - CHUNK_DIGITS);
    for (int i = end - 1; i >= start; i--) {
      digits[i] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
  }

  private static long bits(BigInteger number, int from, int count) {
    return number.shiftRight(from).longValue() & ((1L << count) - 1);
  }
}
