package io.headrace.harness.fleet;

import io.headrace.kcl.loop.EventLoop;
import java.time.Duration;
import java.time.Instant;

/**
 * The clocks of one simulated machine: a monotonic one that runs a little fast or slow and stands
 * still while the machine is suspended, and a wall clock that may be set wrong. On the world's loop
 * only.
 */
final class ProcessClock {
  private static final long MILLION = 1_000_000;

  private final EventLoop world;
  private final long partsPerMillion;
  private long lost;
  private long suspendedAt;
  private boolean suspended;
  private Duration wallError = Duration.ZERO;

  /**
   * @param partsPerMillion how much faster than the world's it runs; negative for slower
   */
  ProcessClock(EventLoop world, long partsPerMillion) {
    this.world = world;
    this.partsPerMillion = partsPerMillion;
  }

  long ticks() {
    long t = (suspended ? suspendedAt : world.ticks()) - lost;
    return t + t / MILLION * partsPerMillion + t % MILLION * partsPerMillion / MILLION;
  }

  Instant now() {
    return world.now().plus(wallError);
  }

  /** How long the world takes for {@code own} of this clock, to within a nanosecond or two. */
  Duration inWorld(Duration own) {
    long d = own.toNanos();
    return Duration.ofNanos(Math.max(0, d - d / MILLION * partsPerMillion));
  }

  void suspend() {
    suspendedAt = world.ticks();
    suspended = true;
  }

  void resume() {
    if (suspended) {
      lost += world.ticks() - suspendedAt;
      suspended = false;
    }
  }

  void setWallWrongBy(Duration error) {
    wallError = error;
  }
}
