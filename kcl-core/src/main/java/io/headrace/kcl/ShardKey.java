package io.headrace.kcl;

import java.util.Objects;

/** A shard of a stream: what a lease is about. */
public record ShardKey(StreamId stream, ShardId shard) {
  public ShardKey {
    Objects.requireNonNull(stream, "stream");
    Objects.requireNonNull(shard, "shard");
  }

  /** {@code stream@created/shard}, as stored in keys. */
  public String key() {
    return stream.key() + "/" + shard.value();
  }

  @Override
  public String toString() {
    return key();
  }
}
