package io.headrace.kcl.loop;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;

/** Reads a loop's time, for what asks a {@link Clock}. Any thread may ask. */
public final class LoopClock extends Clock {
  private final EventLoop loop;
  private final ZoneId zone;

  public LoopClock(EventLoop loop) {
    this(loop, ZoneOffset.UTC);
  }

  private LoopClock(EventLoop loop, ZoneId zone) {
    this.loop = loop;
    this.zone = zone;
  }

  @Override
  public ZoneId getZone() {
    return zone;
  }

  @Override
  public Clock withZone(ZoneId other) {
    return new LoopClock(loop, other);
  }

  @Override
  public Instant instant() {
    return loop.now();
  }
}
