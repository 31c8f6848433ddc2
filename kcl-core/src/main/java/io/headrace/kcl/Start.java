package io.headrace.kcl;

import java.time.Instant;
import java.util.Objects;

/**
 * Where a function begins on a stream that it never read. Resolved once for all shards when the
 * function first runs and kept, so that {@link #LATEST} never means a later moment after a restart.
 */
public sealed interface Start {
  /** The oldest record that the stream has. */
  Start HORIZON = new Horizon();

  /** Records that arrive from now on. */
  Start LATEST = new Latest();

  /** Records that arrived at or after {@code time}. */
  static Start at(Instant time) {
    return new At(time);
  }

  /** See {@link #HORIZON}. */
  record Horizon() implements Start {}

  /** See {@link #LATEST}. */
  record Latest() implements Start {}

  /** See {@link #at}. */
  record At(Instant time) implements Start {
    public At {
      Objects.requireNonNull(time, "time");
    }
  }
}
