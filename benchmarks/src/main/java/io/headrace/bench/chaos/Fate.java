package io.headrace.bench.chaos;

import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;

/** What a record is put for. Of a hundred, so many are no plain ones. */
enum Fate {
  PLAIN(0),
  /** A filter keeps it from every function. */
  NOISE(5),
  /** The function says at once that no retry mends it. */
  TERMINAL(2),
  /** The function fails with it each time, until its retries are used up. */
  FAILING(2),
  /** One attempt of two says that no retry mends it, the other handles it. */
  FLAKY(2);

  /** The function in which a key goes on after a letter. */
  static final String SORTING = "sorting";

  /** The one in which it waits behind it. */
  static final String STRICT = "strict";

  /** The one that tries for ever, and parks keys soon. */
  static final String PARKING = "parking";

  static final List<String> FUNCTIONS = List.of(SORTING, STRICT, PARKING);

  /** Of the keys, one of so many has records that a function with keys that wait fails with. */
  private static final int STRICT_ONE_OF = 10;

  private static final int STUCK_ONE_OF = 20;
  private static final int STUCK = 5;
  private static final int SALT = 1_000_003;

  private final int percent;

  Fate(int percent) {
    this.percent = percent;
  }

  /** The same for a record each time. */
  static Fate of(String key, int number, long seed) {
    int drawn =
        new SplittableRandom(seed ^ (long) key.hashCode() << 32 ^ (long) number * SALT)
            .nextInt(100);
    for (Fate fate : values()) {
      if (drawn < fate.percent) {
        return fate;
      }
      drawn -= fate.percent;
    }
    return PLAIN;
  }

  /** The record as it is put: it says what is to become of it. */
  static String record(String key, int number, long seed) {
    return String.format(
        Locale.ROOT,
        "{\"key\":\"%s\",\"number\":%d,\"fate\":\"%s\"}",
        key,
        number,
        of(key, number, seed));
  }

  /** What a function does with such a record of a key, once the key is mended. */
  Fate in(String function, String key) {
    boolean all =
        switch (function) {
          case SORTING -> true;
          case STRICT -> index(key) % STRICT_ONE_OF == 0;
          default -> isStuck(function, key) && this == TERMINAL;
        };
    return all || this == NOISE ? this : PLAIN;
  }

  /** Whether a function fails with all records of a key, until the key is mended. */
  static boolean isStuck(String function, String key) {
    return function.equals(PARKING) && index(key) % STUCK_ONE_OF == STUCK;
  }

  /** Whether it stays so until all is mended; the others are mended at half time. */
  static boolean staysStuck(String function, String key) {
    return isStuck(function, key) && index(key) / STUCK_ONE_OF % 2 == 0;
  }

  private static int index(String key) {
    return Integer.parseInt(key.substring(key.indexOf('-') + 1));
  }
}
