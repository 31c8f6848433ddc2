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
 */
public record Window(String key, String partitionKey, Instant start, Instant end) {
  public Window {
    Objects.requireNonNull(key, "key");
    Objects.requireNonNull(partitionKey, "partitionKey");
    if (!start.isBefore(end)) {
      throw new IllegalArgumentException("window from " + start + " to " + end + " is empty");
    }
  }
}
