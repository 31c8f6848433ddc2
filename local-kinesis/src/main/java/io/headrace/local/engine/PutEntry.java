package io.headrace.local.engine;

import org.jspecify.annotations.Nullable;

/** One record to be written, its place on the ring already worked out. */
public final class PutEntry {
  private final String partitionKey;
  private final HashKey hash;
  private final byte[] data;
  private final int bytes;

  private PutEntry(String partitionKey, HashKey hash, byte[] data) {
    this.partitionKey = partitionKey;
    this.hash = hash;
    this.data = data;
    this.bytes = data.length + utf8Bytes(partitionKey);
  }

  public static PutEntry of(String partitionKey, @Nullable String explicitHashKey, byte[] data) {
    return new PutEntry(partitionKey, hash(partitionKey, explicitHashKey), data);
  }

  String partitionKey() {
    return partitionKey;
  }

  HashKey hash() {
    return hash;
  }

  byte[] data() {
    return data;
  }

  /** What counts against the limits: the data, and the key in UTF-8. */
  public int bytes() {
    return bytes;
  }

  private static int utf8Bytes(String text) {
    int bytes = text.length();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      // Half of a surrogate pair counts two: the pair has four bytes.
      bytes += c < 0x80 ? 0 : c < 0x800 || Character.isSurrogate(c) ? 1 : 2;
    }
    return bytes;
  }

  private static HashKey hash(String partitionKey, @Nullable String explicitHashKey) {
    if (explicitHashKey == null) {
      return HashKey.ofPartitionKey(partitionKey);
    }
    try {
      return HashKey.parse(explicitHashKey);
    } catch (IllegalArgumentException e) {
      throw KinesisError.invalidArgument(
          "Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. "
              + "Specified value was "
              + explicitHashKey);
    }
  }
}
