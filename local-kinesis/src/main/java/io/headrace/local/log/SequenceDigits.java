package io.headrace.local.log;

import java.math.BigInteger;
import org.jspecify.annotations.Nullable;

/**
 * Writes sequence numbers in decimal. A put of 500 records writes 500 of them and a read 10,000, so
 * that they are a good part of what a record costs: dividing 186 bits by ten again and again takes
 * five times as long.
 *
 * <p>All numbers of one shard and one second of arrival are a sum of the same number and their
 * order, 80 bits up. That number is kept, nine digits a piece, and so is what one step of the order
 * adds; a number is then seven products and their carries. Immutable.
 */
final class SequenceDigits {
  private static final int DIGITS = 56;
  private static final int PIECE_DIGITS = 9;
  private static final int PIECES = 7;
  private static final long PIECE = 1_000_000_000;
  private static final int ORDER_BIT = 80;
  private static final long[] STEP = pieces(BigInteger.ONE.shiftLeft(ORDER_BIT));
  private static final long[] STEP_OF_UPPER_HALF = pieces(BigInteger.ONE.shiftLeft(ORDER_BIT + 32));
  private static final byte[] PAIRS = pairs();

  // By shard and second; what a place has of others is replaced. Threads may race for a place and
  // never see half of one: all of its fields are final.
  private static final int PLACES = 256;
  private static final @Nullable SequenceDigits[] LATEST = new SequenceDigits[PLACES];

  private final long shardCreatedSeconds;
  private final int shardIndex;
  private final long seconds;
  private final long[] base;

  private SequenceDigits(SequenceNumber number) {
    this.shardCreatedSeconds = number.shardCreatedSeconds();
    this.shardIndex = number.shardIndex();
    this.seconds = number.seconds();
    this.base =
        pieces(number.bits().subtract(BigInteger.valueOf(number.order()).shiftLeft(ORDER_BIT)));
  }

  /** Always 56 digits. */
  static byte[] of(SequenceNumber number) {
    int place = (number.shardIndex() * 31 + (int) number.seconds()) & (PLACES - 1);
    SequenceDigits digits = LATEST[place];
    if (digits == null || !digits.areOf(number)) {
      digits = new SequenceDigits(number);
      LATEST[place] = digits;
    }
    return digits.withOrder(number.order());
  }

  private boolean areOf(SequenceNumber number) {
    return shardIndex == number.shardIndex()
        && seconds == number.seconds()
        && shardCreatedSeconds == number.shardCreatedSeconds();
  }

  // No sum leaves a long: a piece has 30 bits, the order's halves 32 and 31, the carry 34.
  private byte[] withOrder(long order) {
    long lower = order & 0xffff_ffffL;
    long upper = order >>> 32;
    byte[] digits = new byte[DIGITS];
    long carry = 0;
    for (int i = 0; i < PIECES; i++) {
      long sum = base[i] + lower * STEP[i] + upper * STEP_OF_UPPER_HALF[i] + carry;
      carry = sum / PIECE;
      write((int) (sum - carry * PIECE), digits, DIGITS - i * PIECE_DIGITS);
    }
    return digits;
  }

  private static void write(int piece, byte[] digits, int end) {
    int rest = piece;
    int start = Math.max(0, end - PIECE_DIGITS);
    int i = end;
    while (i - start >= 2) {
      int tens = rest / 100;
      int pair = (rest - tens * 100) * 2;
      digits[--i] = PAIRS[pair + 1];
      digits[--i] = PAIRS[pair];
      rest = tens;
    }
    if (i > start) {
      digits[start] = (byte) ('0' + rest % 10);
    }
  }

  private static long[] pieces(BigInteger number) {
    long[] pieces = new long[PIECES];
    BigInteger rest = number;
    for (int i = 0; i < PIECES; i++) {
      BigInteger[] parts = rest.divideAndRemainder(BigInteger.valueOf(PIECE));
      pieces[i] = parts[1].longValue();
      rest = parts[0];
    }
    return pieces;
  }

  private static byte[] pairs() {
    byte[] pairs = new byte[200];
    for (int i = 0; i < 100; i++) {
      pairs[2 * i] = (byte) ('0' + i / 10);
      pairs[2 * i + 1] = (byte) ('0' + i % 10);
    }
    return pairs;
  }
}
