package io.headrace.samples;

import io.headrace.function.json.Json;
import io.headrace.kcl.StreamSink.Entry;
import io.headrace.kcl.StreamSource;
import java.util.Iterator;
import java.util.List;
import java.util.function.Function;

/**
 * A bounded input: values in the order they are put. Immutable.
 *
 * @param writing makes an entry of a value, for the stream of its kind
 */
public record Played<T>(List<T> values, Function<? super T, Put> writing) {
  public Played {
    values = List.copyOf(values);
  }

  /**
   * An input of one stream.
   *
   * @param key the partition key of a value
   */
  public static <T> Played<T> on(
      StreamSource stream, List<T> values, Json<T> codec, Function<? super T, String> key) {
    return new Played<>(
        values, value -> new Put(stream, new Entry(key.apply(value), codec.encode(value))));
  }

  /** Entries, each encoded when it is asked for. */
  public Iterator<Put> entries() {
    return values.stream().<Put>map(writing).iterator();
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
