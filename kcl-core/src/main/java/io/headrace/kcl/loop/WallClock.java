package io.headrace.kcl.loop;

import java.time.InstantSource;

/** The time of day for what has no loop; whoever is tested takes an {@link InstantSource}. */
public final class WallClock {
  private WallClock() {}

  public static InstantSource source() {
    return InstantSource.system();
  }
}
