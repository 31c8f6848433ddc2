package io.headrace.kcl.kinesis;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Packs records as the producer does. In this package because the writer is. One thread. */
public final class PackedByUs {
  private final AggregateWriter writer = new AggregateWriter();

  /**
   * @param hashKey the explicit one, or null
   */
  public PackedByUs add(
      String key, @Nullable String hashKey, byte[] data, Map<String, String> tags) {
    writer.add(key, hashKey, data, tags);
    return this;
  }

  public byte[] bytes() {
    return writer.bytes();
  }
}
