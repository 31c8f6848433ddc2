package io.headrace.function;

import java.util.Objects;

/**
 * Names a second output of a function.
 *
 * @param name unique within the function; not empty
 */
public record Side<T>(String name, Class<T> type) {
  public Side {
    Objects.requireNonNull(type, "type");
    if (name.isEmpty()) {
      throw new IllegalArgumentException("side name: must not be empty");
    }
  }

  public static <T> Side<T> named(String name, Class<T> type) {
    return new Side<>(name, type);
  }
}
