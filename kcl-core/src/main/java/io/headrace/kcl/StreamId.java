package io.headrace.kcl;

import java.time.Instant;
import java.util.Objects;

/**
 * Names one stream for ever. The creation time is part of the name: a stream that was deleted and
 * made again numbers its shards from zero, and nothing that was known of the first holds for the
 * second.
 *
 * @param name as the service knows it; not empty, without {@code @}, {@code /} and {@code !}, which
 *     separate the parts of keys
 * @param created to the second, as services report it
 */
public record StreamId(String name, Instant created) {
  public StreamId {
    Objects.requireNonNull(created, "created");
    if (name.isEmpty() || name.chars().anyMatch(c -> c == '@' || c == '/' || c == '!')) {
      throw new IllegalArgumentException(
          "stream name \"" + name + "\": must not be empty nor hold '@', '/' or '!'");
    }
    created = Instant.ofEpochSecond(created.getEpochSecond());
  }

  /** Reads what {@link #key} wrote. */
  public static StreamId parse(String key) {
    int at = key.lastIndexOf('@');
    try {
      return new StreamId(
          key.substring(0, Math.max(0, at)),
          Instant.ofEpochSecond(Long.parseLong(key.substring(at + 1))));
    } catch (NumberFormatException wrong) {
      throw new IllegalArgumentException("stream \"" + key + "\": must be name@seconds", wrong);
    }
  }

  /** {@code name@seconds}, as stored in keys. */
  public String key() {
    return name + "@" + created.getEpochSecond();
  }

  @Override
  public String toString() {
    return key();
  }
}
