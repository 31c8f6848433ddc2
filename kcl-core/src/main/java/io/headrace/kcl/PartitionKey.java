package io.headrace.kcl;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** What decides a record's shard and its place in order. Text on Kinesis, bytes on Kafka. */
public final class PartitionKey {
  private final String text;

  /** Null for a key that came as text: most are never asked for their bytes. */
  private final byte @Nullable [] bytes;

  private PartitionKey(String text, byte @Nullable [] bytes) {
    this.text = text;
    this.bytes = bytes;
  }

  public static PartitionKey of(String text) {
    return new PartitionKey(text, null);
  }

  /** A key that need not be UTF-8; its {@link #text} then has replacement characters. */
  public static PartitionKey of(byte[] bytes) {
    return new PartitionKey(new String(bytes, StandardCharsets.UTF_8), bytes.clone());
  }

  public byte[] bytes() {
    return bytes != null ? bytes.clone() : text.getBytes(StandardCharsets.UTF_8);
  }

  /** The key as UTF-8. */
  public String text() {
    return text;
  }

  /** About what the key takes of the byte budget. */
  int size() {
    return text.length();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof PartitionKey that
        && text.equals(that.text)
        && ((bytes == null && that.bytes == null) || Arrays.equals(bytes(), that.bytes()));
  }

  @Override
  public int hashCode() {
    return text.hashCode();
  }

  @Override
  public String toString() {
    return text;
  }
}
