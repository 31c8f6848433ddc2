package io.headrace.kcl.kinesis;

import io.headrace.kcl.Position;
import io.headrace.kcl.Shard;
import io.headrace.kcl.ShardId;
import io.headrace.kcl.ShardedStream;
import io.headrace.kcl.ShardedStreamContract;
import io.headrace.kcl.StreamSink;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import software.amazon.awssdk.core.SdkBytes;

/** A stream of Kinesis over the socket of a local server, however it is read. */
abstract class KinesisStreamContract extends ShardedStreamContract {
  static final String NAME = "orders";

  final LocalStreams local;
  private final Map<Position, Instant> arrivals = new HashMap<>();

  KinesisStreamContract(LocalStreams local) {
    this.local = local;
  }

  @AfterEach
  void close() {
    local.close();
  }

  @Override
  protected ShardedStream createStream(int shards) {
    return local.create(NAME, shards);
  }

  @Override
  protected Position put(String partitionKey, byte[] data) {
    var answer =
        local
            .direct
            .putRecord(
                r ->
                    r.streamName(NAME)
                        .partitionKey(partitionKey)
                        .data(SdkBytes.fromByteArray(data)))
            .join();
    var position = Position.of(answer.sequenceNumber());
    arrivals.put(position, local.loop.now());
    // No two records arrive at one moment, so that each can be trimmed by time.
    local.loop.advance(Duration.ofMillis(1));
    return position;
  }

  @Override
  protected List<Position> putAggregated(List<StreamSink.Entry> parts) {
    var writer = new AggregateWriter();
    parts.forEach(part -> writer.add(part.partitionKey(), part.data()));
    var whole = put(parts.get(0).partitionKey(), writer.bytes());
    return IntStream.range(0, parts.size())
        .mapToObj(i -> new Position(whole.sequence(), i))
        .toList();
  }

  @Override
  protected void split(ShardId parent) {
    Shard shard =
        local.await(local.open(NAME).shards()).stream()
            .filter(s -> s.id().equals(parent))
            .findFirst()
            .orElseThrow();
    BigInteger middle = shard.range().first().add(shard.range().last()).shiftRight(1);
    local
        .direct
        .splitShard(
            r ->
                r.streamName(NAME)
                    .shardToSplit(parent.value())
                    .newStartingHashKey(middle.add(BigInteger.ONE).toString()))
        .join();
  }

  @Override
  protected void merge(ShardId left, ShardId right) {
    local
        .direct
        .mergeShards(
            r -> r.streamName(NAME).shardToMerge(left.value()).adjacentShardToMerge(right.value()))
        .join();
  }

  /** Lets retention do it: a day and a millisecond after the record arrived. */
  @Override
  protected void trim(ShardId shard, Position through) {
    var horizon = arrivals.get(through).plus(Duration.ofHours(24)).plusMillis(1);
    local.loop.advance(Duration.between(local.loop.now(), horizon));
  }

  @Override
  protected boolean knowsWhatItTrimmed() {
    return false;
  }

  @Override
  protected void pass(Duration time) {
    local.loop.advance(time);
  }

  @Override
  protected <T> T await(CompletionStage<T> stage) {
    return local.await(stage);
  }
}
