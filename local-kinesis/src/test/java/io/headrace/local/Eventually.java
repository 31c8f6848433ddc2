package io.headrace.local;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Waits for what another thread brings about, and no longer than it may take. */
final class Eventually {
  private Eventually() {}

  static void holds(BooleanSupplier condition, Duration within, Supplier<String> what) {
    long end = System.nanoTime() + within.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as(what).isLessThan(end);
      LockSupport.parkNanos(1_000_000);
    }
  }

  /** What is done several times; answers how long the part in question took. */
  interface Timed {
    Duration once() throws IOException;
  }

  /** Once in so many times it is that quick: slower ones may be the machine's doing. */
  static void isAsQuickAs(Duration limit, int times, Timed timed) throws IOException {
    Duration best = timed.once();
    for (int i = 1; i < times && best.compareTo(limit) >= 0; i++) {
      Duration next = timed.once();
      best = next.compareTo(best) < 0 ? next : best;
    }
    assertThat(best).as("the quickest of %s", times).isLessThan(limit);
  }
}
