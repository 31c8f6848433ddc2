package io.headrace.function;

import java.time.Instant;
import java.util.Objects;

/**
 * A window of one key.
 *
 * @param key the key that {@link Keys} declared
 * @param partitionKey of the records; equal to {@code key} for {@link Keys#partitionKey()}
 * @param start included
 * @param end excluded
 * @param firing why it is told now
 * @param revision how often it was told before, early tellings not counted: 0 at first. Its outputs
 *     have ids of key, window and revision; those of early tellings of the moment, too
 */
public record Window(
    String key, String partitionKey, Instant start, Instant end, Firing firing, int revision) {
  /** Why a window is told. */
  public enum Firing {
    /**
     * Before its end, by the worker's clock ({@link Windows#earlyEvery}). The sum holds all records
     * so far, and more may come.
     */
    EARLY,

    /**
     * For the first time: the watermark has passed its end and what the windows wait, or its first
     * record came after that, within the lateness allowed.
     */
    ON_TIME,

    /** Again, as a record came within the lateness allowed. The sum holds all records so far. */
    LATE
  }

  public Window {
    Objects.requireNonNull(firing, "firing");
    if (revision < 0) {
      throw new IllegalArgumentException("revision " + revision + ": must be at least 0");
    }
    Objects.requireNonNull(key, "key");
    Objects.requireNonNull(partitionKey, "partitionKey");
    if (!start.isBefore(end)) {
      throw new IllegalArgumentException("window from " + start + " to " + end + " is empty");
    }
  }
}
