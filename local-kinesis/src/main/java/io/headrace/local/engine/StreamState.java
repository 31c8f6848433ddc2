package io.headrace.local.engine;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A stream without its records, as a value: all that must be kept to have it back. Immutable.
 *
 * @param shardsMade how many shards the stream has had so far, which is the next one's index
 * @param shards those that are open or whose records are not all past retention, by index
 */
public record StreamState(
    StreamKey key,
    long createdMillis,
    StreamOptions options,
    StreamStatus status,
    @Nullable PendingChange pending,
    int shardsMade,
    List<ShardState> shards) {
  public StreamState {
    shards = List.copyOf(shards);
  }

  /** A stream that is about to be made. */
  static StreamState creating(
      StreamKey key, StreamOptions options, int shardCount, long nowMillis, long takesMillis) {
    Change create = new Change.Create(shardCount);
    return new StreamState(
        key,
        nowMillis,
        options,
        create.meanwhile(),
        new PendingChange(create, nowMillis + takesMillis),
        0,
        List.of());
  }
}
