package io.headrace.local.engine;

import org.jspecify.annotations.Nullable;

/** One record to be written, its place on the ring already worked out. */
public final class PutEntry {
  private final String partitionKey;
  private final HashKey hash;
  private final byte[] data;

  private PutEntry(String partitionKey, HashKey hash, byte[] data) {
    this.partitionKey = partitionKey;
    this.hash = hash;
    this.data = data;
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

  public int bytes() {
    return data.length + partitionKey.length();
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
