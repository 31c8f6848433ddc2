package io.headrace.function;

import java.time.Instant;
import java.util.Objects;

/**
 * One value of a {@link Broadcast}, as its stream has it. Immutable if the value is.
 *
 * @param id names its record for ever: what a decision may quote
 * @param arrivedAt when the stream took it
 * @param from the event time from which it is meant; {@link Instant#MIN} where the broadcast says
 *     nothing of it ({@link Broadcast#inForceFrom})
 */
public record Version<R>(R value, EventId id, Instant arrivedAt, Instant from) {
  public Version {
    Objects.requireNonNull(value, "value");
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(arrivedAt, "arrivedAt");
    Objects.requireNonNull(from, "from");
  }

  /** Without the value, which never reaches a log. */
  @Override
  public String toString() {
    return "version " + id;
  }
}
