package io.headrace.local.protocol;

import java.util.Base64;
import java.util.HexFormat;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The two ids that every answer carries: unlike each other, and alike from run to run. Any thread.
 */
final class RequestIds {
  private static final int ID_2_BYTES = 72;
  private static final long STEP = 0x9e3779b97f4a7c15L;

  private final AtomicLong requests = new AtomicLong();

  /** A number for one answer, from which both of its ids come. */
  long next() {
    return requests.incrementAndGet() * STEP * 16;
  }

  static String requestId(long number) {
    HexFormat hex = HexFormat.of();
    String digits = hex.toHexDigits(mixed(number)) + hex.toHexDigits(mixed(number + STEP));
    return String.join(
        "-",
        digits.substring(0, 8),
        digits.substring(8, 12),
        digits.substring(12, 16),
        digits.substring(16, 20),
        digits.substring(20));
  }

  static String id2(long number) {
    byte[] bytes = new byte[ID_2_BYTES];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (mixed(number + (2 + i / 8) * STEP) >>> (8 * (i % 8)));
    }
    return Base64.getEncoder().encodeToString(bytes);
  }

  // The finisher of SplitMix64: every bit of the input moves about half of the output's bits.
  private static long mixed(long number) {
    long mixed = (number ^ (number >>> 30)) * 0xbf58476d1ce4e5b9L;
    mixed = (mixed ^ (mixed >>> 27)) * 0x94d049bb133111ebL;
    return mixed ^ (mixed >>> 31);
  }
}
