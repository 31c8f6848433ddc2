package io.headrace.local;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/**
 * A clock that stands still until somebody moves it, for {@link LocalKinesis.Builder#clock}: what
 * takes minutes or days at the service is then there at once. Any thread may move it and ask it.
 *
 * <pre>{@code
 * MovableClock clock = MovableClock.startingAt(Instant.parse("2026-01-01T00:00:00Z"));
 * try (LocalKinesis kinesis = LocalKinesis.builder().clock(clock).start()) {
 *   ...
 *   clock.advance(Duration.ofMinutes(6)); // every iterator given so far has expired
 * }
 * }</pre>
 *
 * <p>A request meets the time that was set before it was sent. Open subscriptions look at the clock
 * every few milliseconds of real time.
 */
public final class MovableClock implements InstantSource {
  private volatile Instant now;

  private MovableClock(Instant now) {
    this.now = now;
  }

  /** Stands at this time at first. */
  public static MovableClock startingAt(Instant start) {
    return new MovableClock(start);
  }

  @Override
  public Instant instant() {
    return now;
  }

  /**
   * Goes on by this much.
   *
   * @throws IllegalArgumentException when the time is negative; {@link #set} can go back
   */
  public synchronized void advance(Duration by) {
    if (by.isNegative()) {
      throw new IllegalArgumentException("advance by a time that is not negative, not by " + by);
    }
    now = now.plus(by);
  }

  /** Stands at this time, which may be earlier: then nothing that was due comes back. */
  public synchronized void set(Instant time) {
    now = time;
  }
}
