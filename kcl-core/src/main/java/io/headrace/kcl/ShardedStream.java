package io.headrace.kcl;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * A stream that can be read shard by shard: Kinesis first, later Kafka partitions and video
 * fragments. Implementations hold no state but their connections; calls never block, and stages
 * complete on any thread.
 *
 * <p>A stage that fails does so with {@link StreamException}; anything else is a fault in the
 * implementation.
 */
public interface ShardedStream extends AutoCloseable {
  /** The stream's name as configured; needs no call. */
  String name();

  /** Who the stream is now. */
  CompletionStage<StreamId> identify();

  /**
   * For how long the stream keeps a record; asked for metrics, a few times an hour.
   *
   * @return empty where a stream does not say
   */
  default CompletionStage<Optional<Duration>> retention() {
    return CompletableFuture.completedStage(Optional.empty());
  }

  /** Every shard that the stream still names, closed ones too, parents before children. */
  CompletionStage<List<Shard>> shards();

  /**
   * Gets ready to read a shard that another reader still reads: whatever the first read of a worker
   * takes longer for, such as connections. Asks little of the shard, which the other one reads on.
   *
   * @return completes when that is done; a failure means only that the first read may take longer
   */
  default CompletionStage<Void> prepare(Shard shard) {
    return CompletableFuture.completedStage(null);
  }

  /** Begins to read a shard. Cheap: the first call is made by {@link ShardCursor#fetch}. */
  ShardCursor open(Shard shard, StartingPosition from);

  /**
   * As {@link #open(Shard, StartingPosition)}, for a reader that may lose the shard to another one.
   * Only streams that give a shard's records to one reader at a time need to know.
   */
  default ShardCursor open(Shard shard, StartingPosition from, ShardClaim claim) {
    return open(shard, from);
  }

  @Override
  void close();
}
