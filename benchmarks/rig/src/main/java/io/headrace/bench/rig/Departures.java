package io.headrace.bench.rig;

import java.time.Duration;
import java.time.Instant;
import java.util.SplittableRandom;

/**
 * Draws the flights of the windowed job: the same for the same seed. They come in the order of
 * their time but for up to {@link #JITTER}; few airports have most of them. Confined to one thread.
 */
public final class Departures {
  /** So far a flight may lie behind a later one. */
  public static final Duration JITTER = Duration.ofHours(1);

  /** What whoever reads them in the order of their shard has to wait for those that come later. */
  public static final Duration WAIT = Duration.ofHours(2);

  /** Windows are days. */
  public static final Duration DAY = Duration.ofDays(1);

  /** Over this many days all are spread, so that the windows do not become more with them. */
  public static final int DAYS = 90;

  private static final int AIRPORTS = 300;
  private static final long FIRST = Instant.parse("2026-01-01T00:00:00Z").toEpochMilli();
  private static final int LETTERS = 26;
  private static final int LATE_MAX = 180;
  private static final int EARLY_MAX = 15;

  private final long count;
  private final Zipf airports = new Zipf(AIRPORTS);
  private final SplittableRandom random;
  private long drawn;

  public Departures(long seed, long count) {
    this.count = count;
    this.random = new SplittableRandom(seed);
  }

  public boolean hasNext() {
    return drawn < count;
  }

  public Departure next() {
    long millis =
        FIRST + DAY.toMillis() * DAYS / count * drawn + random.nextLong(JITTER.toMillis());
    drawn++;
    return new Departure(
        airport(airports.draw(random)),
        airport(airports.draw(random)),
        millis,
        random.nextInt(LATE_MAX) - EARLY_MAX);
  }

  /** Behind all of them, and so far that no wait is left. */
  public static Departure end() {
    return Departure.end(FIRST + DAY.toMillis() * DAYS * 10);
  }

  /** The start of the window in which something happened. */
  public static long startOfDay(long millis) {
    return millis - Math.floorMod(millis, DAY.toMillis());
  }

  private static String airport(int number) {
    return ""
        + (char) ('A' + number / (LETTERS * LETTERS))
        + (char) ('A' + number / LETTERS % LETTERS)
        + (char) ('A' + number % LETTERS);
  }
}
