package io.headrace.lease;

import java.time.Instant;
import java.util.Objects;

/**
 * What does not change while a worker runs, and others plan by.
 *
 * @param capacity the worker's share of the work, in any unit that the fleet agrees on; a power of
 *     two, so that small differences never move a lease
 * @param startedAt by the worker's own wall clock: only to tell which deployment came last
 */
public record Profile(int capacity, Deployment deployment, Instant startedAt) {
  public Profile {
    Objects.requireNonNull(deployment, "deployment");
    Objects.requireNonNull(startedAt, "startedAt");
    if (capacity < 1 || Integer.bitCount(capacity) != 1) {
      throw new IllegalArgumentException("capacity " + capacity + ": must be a power of two");
    }
  }
}
