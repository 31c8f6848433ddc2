package io.headrace.samples;

import io.headrace.function.json.Json;
import io.headrace.kcl.StreamSink.Entry;
import java.util.Iterator;
import java.util.List;
import java.util.function.Function;

/**
 * A bounded input: values in the order they are put. Immutable.
 *
 * @param key the partition key of a value
 */
public record Played<T>(List<T> values, Json<T> codec, Function<? super T, String> key) {
  public Played {
    values = List.copyOf(values);
  }

  /** Entries, each encoded when it is asked for. */
  public Iterator<Entry> entries() {
    return values.stream().map(this::entry).iterator();
  }

  private Entry entry(T value) {
    return new Entry(key.apply(value), codec.encode(value));
  }

  /**
   * The first values.
   *
   * @throws IllegalArgumentException when there are not so many
   */
  public List<T> first(long count) {
    if (count < 0 || count > values.size()) {
      throw new IllegalArgumentException(
          count + " entries put: must be between 0 and " + values.size());
    }
    return values.subList(0, (int) count);
  }
}
