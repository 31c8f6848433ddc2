package io.headrace.acceptance.kcl;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/** The system's clock, and whatever was skipped. Any thread may call. */
final class SkippingClock implements InstantSource {
  private volatile Duration skipped = Duration.ZERO;

  @Override
  public Instant instant() {
    return Instant.now().plus(skipped);
  }

  /** One thread calls. */
  void skip(Duration time) {
    skipped = skipped.plus(time);
  }
}
