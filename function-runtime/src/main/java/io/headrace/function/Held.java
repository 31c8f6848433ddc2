package io.headrace.function;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A state with its bytes, which were made when it was: storing it can't fail later. */
record Held<S>(S value, byte[] bytes) {
  /**
   * Encodes a state.
   *
   * @param value null where the user's code answered null, which could never be read back
   * @throws IllegalStateException when it can't be encoded: the record's failure, so it is retried
   */
  static <S> Held<S> of(String function, StateKey key, Codec<S> codec, @Nullable S value) {
    if (value == null) {
      throw new IllegalStateException(
          "function " + function + ", " + key + ": it answered null instead of a state");
    }
    try {
      return new Held<>(value, Objects.requireNonNull(codec.encode(value), "the codec's answer"));
    } catch (Exception thrown) {
      throw new IllegalStateException(
          "function " + function + ", " + key + ": its state can't be encoded", thrown);
    }
  }

  boolean isSame(Held<S> other) {
    return value.equals(other.value) || Arrays.equals(bytes, other.bytes);
  }
}
