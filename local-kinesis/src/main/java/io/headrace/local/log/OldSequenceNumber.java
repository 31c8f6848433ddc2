package io.headrace.local.log;

import java.math.BigInteger;
import java.util.Optional;

/**
 * A sequence number in one of the two shapes that the service gave out before today's, which it
 * still takes apart: "version 0" of 125 bits and "version 1" of 186. No shard of ours has given one
 * out, so that only its shard and its words in an error matter. Immutable.
 *
 * <p>Version 0, from the top: the digit 1 (4 bits), seconds (36), unknown (72), the shard (16). A
 * number with nothing above those is taken as if the digit were there. Version 1 ends in the shard
 * (32) and the digit 1 (4).
 */
public record OldSequenceNumber(String decimal, int shardIndex, long seconds) {
  private static final BigInteger LOWEST = BigInteger.ONE.shiftLeft(124);
  private static final long CREATED_SECONDS_MAX = 16_025_175_000L;

  /** Takes a number apart; empty when it is of neither version. */
  public static Optional<OldSequenceNumber> parse(String decimal) {
    BigInteger number = new BigInteger(decimal);
    if (number.compareTo(LOWEST) < 0) {
      number = number.add(LOWEST);
    }
    if (number.bitLength() == 125) {
      boolean dated = bits(number, 88, 36) < CREATED_SECONDS_MAX;
      return dated
          ? Optional.of(new OldSequenceNumber(number.toString(), (int) bits(number, 0, 16), 0))
          : Optional.empty();
    }
    boolean first =
        number.bitLength() == 186 && bits(number, 184, 2) == 2 && bits(number, 0, 4) == 1;
    long shard = bits(number, 4, 32);
    return first && shard <= Integer.MAX_VALUE
        ? Optional.of(new OldSequenceNumber(number.toString(), (int) shard, bits(number, 100, 36)))
        : Optional.empty();
  }

  /** The number as errors repeat it, whether it is of any version or not. */
  public static String inSentence(String decimal) {
    BigInteger number = new BigInteger(decimal);
    return number.compareTo(LOWEST) < 0 ? number.add(LOWEST).toString() : decimal;
  }

  private static long bits(BigInteger number, int from, int count) {
    return number.shiftRight(from).longValue() & ((1L << count) - 1);
  }
}
