package io.headrace.function;

import io.headrace.checkpoint.state.StateValue;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Encodes and decodes what a function keeps; on the invocation pool. A codec may ask others, such
 * as a registry of schemas: where it says {@link Unavailable}, its function waits as for anything
 * else.
 */
final class StateCodec<S> {
  private static final int NONE = -1;

  private final Scope scope;
  private final Codec<S> codec;

  /** The fleet was told that state of this version may be written, and never forgets it. */
  private volatile int told = NONE;

  StateCodec(Scope scope, Codec<S> codec) {
    this.scope = scope;
    this.codec = codec;
  }

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
      int newest = codec.version();
      int version = versionToWrite(codec.oldestWritten(), newest);
      byte[] bytes =
          Objects.requireNonNull(
              version == newest ? codec.encode(value) : codec.encode(value, version),
              "the codec's answer");
      // What an older version has no place for is gone, here as after a restart.
      return version == newest
          ? StateValue.of(bytes, version, value)
          : StateValue.of(bytes, version);
    } catch (Unavailable down) {
      throw down;
    } catch (Exception thrown) {
      throw new IllegalStateException(
          "function " + scope.function + ", " + key + ": its state can't be encoded", thrown);
    }
  }

  /** Where the codec writes one version only, nothing depends on who else is in the fleet. */
  private int versionToWrite(int oldest, int newest) {
    if (oldest == newest && told == newest) {
      return newest;
    }
    int version = scope.environment.versions().toWrite(scope.function, oldest, newest);
    told = version;
    return version;
  }

  /**
   * Decodes a state, once while it is in memory.
   *
   * @throws UnreadableState when the codec can't: the shard stops, and nothing is overwritten
   */
  S decode(StateKey key, StateValue value) {
    try {
      return value.decoded(this::read);
    } catch (Unavailable down) {
      throw down;
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

  private S read(byte[] bytes, int version) throws Exception {
    // Before it is read: what can't be read here must go to somebody who can.
    scope.environment.versions().found(scope.function, version);
    return codec.decode(bytes, version);
  }

  /** Whether storing one in the place of the other would change nothing. */
  boolean isSame(StateKey key, StateValue one, StateValue other) {
    return one.equals(other) || decode(key, one).equals(decode(key, other));
  }
}
