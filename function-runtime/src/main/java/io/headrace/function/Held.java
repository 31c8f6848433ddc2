package io.headrace.function;

import java.util.Arrays;

/** A state with its bytes, which were made when it was: storing it can't fail later. */
record Held<S>(S value, byte[] bytes) {
  /**
   * @throws TerminalFailure never; an encoding that fails is the record's failure and is retried
   */
  static <S> Held<S> of(String function, StateKey key, Codec<S> codec, S value) {
    try {
      return new Held<>(value, codec.encode(value));
    } catch (Exception thrown) {
      throw new IllegalStateException(
          "function " + function + ", " + key + ": its state can't be encoded", thrown);
    }
  }

  boolean isSame(Held<S> other) {
    return value.equals(other.value) || Arrays.equals(bytes, other.bytes);
  }
}
