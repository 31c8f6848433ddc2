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
    if (order < 0 || shard > Integer.MAX_VALUE) {
      return Optional.empty();
    }
    return Optional.of(new SequenceNumber(created, (int) shard, order, bits(number, 36, 36)));
  }

  /** The number in decimal, always 56 digits. */
  @Override
  public String toString() {
    return new String(digits(), StandardCharsets.ISO_8859_1);
  }

  /** The text of {@link #toString()} in ASCII. */
  public byte[] digits() {
    return SequenceDigits.of(this);
  }

  BigInteger bits() {
    return BigInteger.TWO
        .shiftLeft(36)
        .or(BigInteger.valueOf(shardCreatedSeconds & 0xf_ffff_ffffL))
        .shiftLeft(4)
        .or(BigInteger.valueOf(shardIndex & 0xf))
        .shiftLeft(64)
        .or(BigInteger.valueOf(order))
        .shiftLeft(8 + 36)
        .or(BigInteger.valueOf(seconds & 0xf_ffff_ffffL))
        .shiftLeft(32)
        .or(BigInteger.valueOf(shardIndex))
        .shiftLeft(4)
        .or(BigInteger.TWO);
  }

  private static long bits(BigInteger number, int from, int count) {
    return number.shiftRight(from).longValue() & ((1L << count) - 1);
  }
}
