package io.headrace.checkpoint;

import io.headrace.kcl.ShardId;
import io.headrace.kcl.ShardKey;
import java.util.Objects;

/**
 * One function in one shard: what a progress item is about.
 *
 * @param function not empty, without {@code !}, which separates the parts of keys
 */
public record ProgressKey(ShardKey shard, String function) {
  public ProgressKey {
    Objects.requireNonNull(shard, "shard");
    requireFunction(function);
  }

  /** Reads what {@link #key} wrote. */
  public static ProgressKey parse(String key) {
    int bang = key.indexOf('!');
    if (bang < 0) {
      throw new IllegalArgumentException(
          "progress \"" + key + "\": must be stream@seconds/shard!function");
    }
    return new ProgressKey(ShardKey.parse(key.substring(0, bang)), key.substring(bang + 1));
  }

  /** The same function in another shard of the stream. */
  public ProgressKey in(ShardId other) {
    return new ProgressKey(new ShardKey(shard.stream(), other), function);
  }

  /** Another function in the same shard. */
  public ProgressKey named(String other) {
    return new ProgressKey(shard, other);
  }

  /** {@code stream@created/shard!function}, as stored in keys. */
  public String key() {
    return shard.key() + "!" + function;
  }

  @Override
  public String toString() {
    return key();
  }

  static String requireFunction(String function) {
    if (function.isEmpty() || function.indexOf('!') >= 0) {
      throw new IllegalArgumentException(
          "function name \"" + function + "\": must not be empty nor hold '!'");
    }
    return function;
  }
}
