package io.headrace.bench.state;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.headrace.checkpoint.state.StateValue;
import java.time.Instant;
import java.util.Locale;
import java.util.random.RandomGenerator;

/** What is kept of a key: about 100 bytes. */
enum Values {
  /** As functions keep it: the names of fields, and figures that are drawn anew each time. */
  FIGURES {
    @Override
    byte[] draw(RandomGenerator random) {
      long last = SINCE + random.nextInt(SECONDS_A_DAY);
      return ("{\"flights\":"
              + (1_000 + random.nextInt(9_000))
              + ",\"delayed\":"
              + (100 + random.nextInt(900))
              + ",\"minutes\":"
              + (10_000 + random.nextInt(90_000))
              + ",\"longest\":"
              + (100 + random.nextInt(900))
              + ",\"last\":\""
              + Instant.ofEpochSecond(last)
              + "\",\"to\":\""
              + (char) ('A' + random.nextInt(LETTERS))
              + (char) ('A' + random.nextInt(LETTERS))
              + (char) ('A' + random.nextInt(LETTERS))
              + "\"}")
          .getBytes(UTF_8);
    }
  },

  /** What nothing makes shorter. */
  RANDOM {
    @Override
    byte[] draw(RandomGenerator random) {
      byte[] bytes = new byte[BYTES];
      random.nextBytes(bytes);
      return bytes;
    }
  };

  static final int BYTES = 100;
  private static final long SINCE = Instant.parse("2026-01-01T00:00:00Z").getEpochSecond();
  private static final int SECONDS_A_DAY = 86_400;
  private static final int LETTERS = 26;

  abstract byte[] draw(RandomGenerator random);

  StateValue value(RandomGenerator random) {
    return StateValue.of(draw(random), 1);
  }

  String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
