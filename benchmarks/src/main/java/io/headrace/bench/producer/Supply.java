package io.headrace.bench.producer;

import java.util.SplittableRandom;

/** Keys and payloads that are made before a clock runs, used again and again. Immutable. */
final class Supply {
  private static final int DIFFERENT = 1_000;
  private static final int DATA_BYTES = 200;

  private final String[] keys = new String[DIFFERENT];
  private final byte[][] data = new byte[DIFFERENT][DATA_BYTES];

  Supply(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < DIFFERENT; i++) {
      keys[i] = "key-" + Integer.toUnsignedString(random.nextInt(), 36);
      random.nextBytes(data[i]);
    }
  }

  String key(long number) {
    return keys[(int) (number % DIFFERENT)];
  }

  byte[] data(long number) {
    return data[(int) (number % DIFFERENT)];
  }
}
