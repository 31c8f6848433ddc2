package io.headrace.local;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;

/**
 * What a server does of itself after a silence, held against clients that speak in time. On a busy
 * machine a client may be kept from that, and is cut off as it should be, which shows nothing.
 */
final class Impatience {
  private static final Duration SHORTEST = Duration.ofMillis(300);
  private static final Duration LONGEST = Duration.ofSeconds(20);

  private Impatience() {}

  /** What clients do with a server of their own that bears no longer silence. */
  interface Course {
    void run(Duration silenceMax) throws IOException;
  }

  /**
   * Runs it with more and more patience until nobody was cut off. Whoever is cut off in time as
   * well is so with the longest.
   */
  static void untilHeard(Course course) throws IOException {
    for (Duration silenceMax = SHORTEST; ; silenceMax = silenceMax.multipliedBy(3)) {
      try {
        course.run(silenceMax);
        return;
      } catch (IOException | UncheckedIOException cutOff) {
        if (silenceMax.compareTo(LONGEST) > 0) {
          throw cutOff;
        }
      }
    }
  }
}
