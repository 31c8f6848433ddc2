package io.headrace.bench.rig;

import java.util.concurrent.locks.LockSupport;

/** Waiting in programs that measure real time. */
public final class Pause {
  private Pause() {}

  public static void millis(long millis) {
    until(System.nanoTime() + millis * 1_000_000);
  }

  /**
   * Returns at or just after a tick of {@link System#nanoTime()}, or at once when it has passed.
   */
  public static void until(long tick) {
    for (long left = tick - System.nanoTime(); left > 0; left = tick - System.nanoTime()) {
      if (Thread.interrupted()) {
        throw new NotMeasured("the run was interrupted");
      }
      LockSupport.parkNanos(left);
    }
  }
}
