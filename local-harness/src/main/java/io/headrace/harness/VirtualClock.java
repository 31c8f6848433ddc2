package io.headrace.harness;

import io.headrace.kcl.loop.EventLoop;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;

/** Reads a loop's time. Any thread may ask. */
final class VirtualClock extends Clock {
  private final EventLoop loop;
  private final ZoneId zone;

  VirtualClock(EventLoop loop) {
    this(loop, ZoneOffset.UTC);
  }

  private VirtualClock(EventLoop loop, ZoneId zone) {
    this.loop = loop;
    this.zone = zone;
  }

  @Override
  public ZoneId getZone() {
    return zone;
  }

  @Override
  public Clock withZone(ZoneId other) {
    return new VirtualClock(loop, other);
  }

  @Override
  public Instant instant() {
    return loop.now();
  }
}
