package io.headrace.function;

import java.util.Objects;
import java.util.function.Function;

/**
 * By what a function's state is kept. Declared, so that state is never silently partial: state lies
 * in the shard of its partition key, and a record that was put elsewhere by an explicit hash key
 * goes to the dead letters under the code {@code ForeignKey} without having touched any.
 */
public sealed interface Keys<I> {
  /** State lives under the record's partition key. */
  static <I> Keys<I> partitionKey() {
    return new ByPartitionKey<>();
  }

  /** State lives under (partition key, key): always local, never silently partial. */
  static <I> Keys<I> within(Function<? super I, String> key) {
    return new Within<>(key);
  }

  /** See {@link Keys#partitionKey}. */
  record ByPartitionKey<I>() implements Keys<I> {}

  /** See {@link Keys#within}. */
  record Within<I>(Function<? super I, String> key) implements Keys<I> {
    public Within {
      Objects.requireNonNull(key, "key");
    }
  }
}
