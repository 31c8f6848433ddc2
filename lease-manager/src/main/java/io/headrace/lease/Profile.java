package io.headrace.lease;

import io.headrace.kcl.StableCopy;
import io.headrace.kcl.StreamId;
import java.time.Instant;
import java.util.Objects;
import java.util.Set;

/**
 * What does not change while a worker runs, and others plan by.
 *
 * @param capacity the worker's share of the work, in any unit that the fleet agrees on; a power of
 *     two, so that small differences never move a lease
 * @param startedAt by the worker's own wall clock: only to tell which deployment came last
 * @param streams names of the streams that it reads; empty when it does not say, as older versions
 *     do not, and is thought to read all
 */
public record Profile(int capacity, Deployment deployment, Instant startedAt, Set<String> streams) {
  public Profile {
    Objects.requireNonNull(deployment, "deployment");
    Objects.requireNonNull(startedAt, "startedAt");
    if (capacity < 1 || Integer.bitCount(capacity) != 1) {
      throw new IllegalArgumentException("capacity " + capacity + ": must be a power of two");
    }
    streams = StableCopy.of(streams);
  }

  /** Whether shards of the stream may go to the worker, as far as it tells. */
  boolean reads(StreamId stream) {
    return streams.isEmpty() || streams.contains(stream.name());
  }
}
