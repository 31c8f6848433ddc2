package io.headrace.function;

import java.util.Objects;
import java.util.Optional;

/**
 * What a function keeps under one key as of now. For harnesses.
 *
 * @param key equal to {@code partitionKey} for {@link Keys#partitionKey()}
 * @param window whose sum it is, as it would be told at first; empty for the state of a key
 * @param value as the function made it, or as its codec read it back
 */
public record KeptState(String partitionKey, String key, Optional<Window> window, Object value) {
  public KeptState {
    Objects.requireNonNull(partitionKey, "partitionKey");
    Objects.requireNonNull(key, "key");
    Objects.requireNonNull(window, "window");
    Objects.requireNonNull(value, "value");
  }

  static KeptState of(StateKey key, Object value) {
    return new KeptState(key.partitionKey(), key.key(), Optional.empty(), value);
  }

  static KeptState of(WindowKey key, Object value) {
    var window = key.told(Window.Firing.ON_TIME, 0);
    return new KeptState(window.partitionKey(), window.key(), Optional.of(window), value);
  }

  /** Without the value, which never reaches a log. */
  @Override
  public String toString() {
    return "state of "
        + new StateKey(partitionKey, key)
        + window.map(w -> " in a window").orElse("");
  }
}
