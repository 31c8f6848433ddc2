package io.headrace.function;

import java.time.Instant;
import java.util.Objects;

/**
 * A timer of a key that has come due, as {@link KeyedFunction#onTimer} is told of it.
 *
 * @param key whose timer it is
 * @param name under which it was set
 * @param due when it was to fire: event time or wall time, as {@code clock} says
 */
public record WakeUp(String key, String name, Instant due, Clock clock) {
  /** By what a timer goes. */
  public enum Clock {
    /**
     * Event time: it fires once a record of the shard has shown that the time has come ({@link
     * Next#wakeAt}), the same in every run over the same records.
     */
    EVENT,

    /** The worker's clock: it fires in a silent shard, too ({@link Next#wakeAfter}). */
    WALL
  }

  public WakeUp {
    Objects.requireNonNull(key, "key");
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(due, "due");
    Objects.requireNonNull(clock, "clock");
  }

  /** Without the key, which may be personal data. */
  @Override
  public String toString() {
    return "timer " + name + " due " + due + " by " + clock;
  }
}
