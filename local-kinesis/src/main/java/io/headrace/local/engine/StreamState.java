package io.headrace.local.engine;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A stream without its records, as a value: all that must be kept to have it back. Immutable.
 *
 * @param shardsMade how many shards the stream has had so far, which is the next one's index
 * @param shards those that are open or whose records are not all past retention, by index
 * @param consumers those that are registered, by name
 */
public record StreamState(
    StreamKey key,
    long createdMillis,
    StreamOptions options,
    Labels labels,
    RecentChanges recent,
    StreamStatus status,
    @Nullable PendingChange pending,
    int shardsMade,
    List<ShardState> shards,
    List<ConsumerState> consumers) {
  public StreamState {
    shards = List.copyOf(shards);
    consumers = List.copyOf(consumers);
  }

  /** A stream that is about to be made. */
  static StreamState creating(NewStream stream, long nowMillis, long takesMillis) {
    Change create = new Change.Create(stream.shards());
    return new StreamState(
        stream.key(),
        nowMillis,
        stream.options(),
        stream.labels(),
        RecentChanges.NONE,
        create.meanwhile(),
        new PendingChange(create, nowMillis + takesMillis),
        0,
        List.of(),
        List.of());
  }

  int openShards() {
    return (int) shards.stream().filter(ShardState::isOpen).count();
  }

  void requireActive() {
    if (status != StreamStatus.ACTIVE) {
      throw KinesisError.inUse(
          "Stream %s under account %s not ACTIVE, instead in state %s"
              .formatted(key.name(), key.account(), status));
    }
  }

  /** The answer to an action that only streams with shards of their own know. */
  void requireProvisioned() {
    if (options.mode() != StreamMode.PROVISIONED) {
      throw KinesisError.validation(
          "Request is invalid. Stream %s under account %s is in On-Demand mode."
              .formatted(key.name(), key.account()));
    }
  }
}
