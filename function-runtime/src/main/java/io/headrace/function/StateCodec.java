package io.headrace.function;

import io.headrace.checkpoint.state.StateValue;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Encodes and decodes what a function keeps; on the invocation pool. */
record StateCodec<S>(Scope scope, Codec<S> codec) {
  /**
   * Encodes a state when it is made: storing it can't fail later.
   *
   * @param value null where the user's code answered null, which could never be read back
   * @throws IllegalStateException when it can't be encoded: the record's failure, so it is retried
   */
  StateValue encode(StateKey key, @Nullable S value) {
    if (value == null) {
      throw new IllegalStateException(
          "function " + scope.function + ", " + key + ": it answered null instead of a state");
    }
    try {
      byte[] bytes = Objects.requireNonNull(codec.encode(value), "the codec's answer");
      return StateValue.of(bytes, codec.version(), value);
    } catch (Exception thrown) {
      throw new IllegalStateException(
          "function " + scope.function + ", " + key + ": its state can't be encoded", thrown);
    }
  }

  /**
   * Decodes a state, once while it is in memory.
   *
   * @throws UnreadableState when the codec can't: the shard stops, and nothing is overwritten
   */
  S decode(StateKey key, StateValue value) {
    try {
      return value.decoded(codec::decode);
    } catch (Exception thrown) {
      throw new UnreadableState(
          "function "
              + scope.function
              + ", shard "
              + scope.context.key()
              + ", "
              + key
              + ": its state can't be decoded",
          thrown);
    }
  }

  /** Whether storing one in the place of the other would change nothing. */
  boolean isSame(StateKey key, StateValue one, StateValue other) {
    return one.equals(other) || decode(key, one).equals(decode(key, other));
  }
}
