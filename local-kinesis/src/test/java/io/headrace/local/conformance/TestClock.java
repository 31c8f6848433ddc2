package io.headrace.local.conformance;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/** A clock that stands still until a case moves it; never back. */
final class TestClock implements InstantSource {
  private volatile Instant now = Instant.parse("2026-01-22T01:22:02.500Z");

  @Override
  public Instant instant() {
    return now;
  }

  void advance(Duration by) {
    now = now.plus(by);
  }
}
