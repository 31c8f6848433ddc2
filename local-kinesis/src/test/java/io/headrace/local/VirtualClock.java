package io.headrace.local;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/** A clock that stands still until a test moves it. Any thread. */
public final class VirtualClock implements InstantSource {
  public static final Instant START = Instant.parse("2026-01-22T01:22:02.500Z");

  private volatile Instant now = START;

  @Override
  public Instant instant() {
    return now;
  }

  public void advance(Duration by) {
    now = now.plus(by);
  }
}
