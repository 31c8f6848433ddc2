package io.headrace.kcl;

import java.util.Objects;

/** A shard of a stream: what a lease is about. */
public record ShardKey(StreamId stream, ShardId shard) {
  private static final int BUCKET_BITS = 6;
  private static final int HASH_BITS = 128;

  /** Over how many partition keys a store spreads the items of an application's shards. */
  public static final int BUCKETS = 1 << BUCKET_BITS;

  public ShardKey {
    Objects.requireNonNull(stream, "stream");
    Objects.requireNonNull(shard, "shard");
  }

  /** Reads what {@link #key} wrote. */
  public static ShardKey parse(String key) {
    int slash = key.indexOf('/');
    if (slash < 0) {
      throw new IllegalArgumentException("shard \"" + key + "\": must be stream@seconds/shard");
    }
    return new ShardKey(
        StreamId.parse(key.substring(0, slash)), new ShardId(key.substring(slash + 1)));
  }

  /** {@code stream@created/shard}, as stored in keys. */
  public String key() {
    return stream.key() + "/" + shard.value();
  }

  /**
   * The bucket of this shard, 0 to {@link #BUCKETS} - 1: leases and progress of one shard share it.
   * Stored keys depend on it, so it never changes.
   */
  public int bucket() {
    return HashRange.hashOf(key()).shiftRight(HASH_BITS - BUCKET_BITS).intValueExact();
  }

  @Override
  public String toString() {
    return key();
  }
}
