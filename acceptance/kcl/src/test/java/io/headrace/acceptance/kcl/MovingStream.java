package io.headrace.acceptance.kcl;

import io.headrace.harness.LocalAws;
import java.math.BigInteger;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.model.Shard;

/** The stream of the move between the library and us: what is put is put into a given shard. */
final class MovingStream {
  private final LocalAws aws;

  MovingStream(LocalAws aws, int shards) {
    this.aws = aws;
    aws.createStream(Moving.STREAM, shards);
  }

  static String id(int shard) {
    return "shardId-%012d".formatted(shard);
  }

  /** Puts records one by one, each with a key of its own, and answers their texts. */
  Set<String> put(int shard, String prefix, int count) {
    var texts = new TreeSet<String>();
    for (int i = 0; i < count; i++) {
      put(shard, prefix + i);
      texts.add(prefix + i);
    }
    return texts;
  }

  void put(int shard, String text) {
    put(shard, text, SdkBytes.fromUtf8String(text));
  }

  /** Puts one aggregate, made of the library's own classes. */
  Set<String> putPacked(int shard, String prefix, int count) {
    var range = shard(shard).hashKeyRange().startingHashKey();
    var records =
        IntStream.range(0, count)
            .mapToObj(
                i ->
                    new UserRecord(
                        "key-" + i,
                        java.util.Optional.of(range),
                        prefix + i,
                        java.util.Map.<String, String>of()))
            .toList();
    put(shard, prefix, SdkBytes.fromByteArray(PackedByTheKcl.pack(records)));
    return new TreeSet<>(records.stream().map(UserRecord::text).toList());
  }

  private void put(int shard, String key, SdkBytes data) {
    var answer =
        aws.kinesis()
            .putRecord(
                r ->
                    r.streamName(Moving.STREAM)
                        .partitionKey(key)
                        .explicitHashKey(shard(shard).hashKeyRange().startingHashKey())
                        .data(data))
            .join();
    if (!answer.shardId().equals(id(shard))) {
      throw new AssertionError(key + " went to " + answer.shardId() + ", not to " + id(shard));
    }
  }

  void split(int shard) {
    var range = shard(shard).hashKeyRange();
    var middle =
        new BigInteger(range.startingHashKey())
            .add(new BigInteger(range.endingHashKey()))
            .shiftRight(1)
            .add(BigInteger.ONE);
    aws.kinesis()
        .splitShard(
            r ->
                r.streamName(Moving.STREAM)
                    .shardToSplit(id(shard))
                    .newStartingHashKey(middle.toString()))
        .join();
    try {
      aws.kinesis()
          .waiter()
          .waitUntilStreamExists(r -> r.streamName(Moving.STREAM))
          .get(30, TimeUnit.SECONDS);
    } catch (Exception failed) {
      throw new AssertionError("the stream does not become active again", failed);
    }
  }

  private Shard shard(int number) {
    return shards().stream().filter(s -> s.shardId().equals(id(number))).findFirst().orElseThrow();
  }

  private List<Shard> shards() {
    return aws.kinesis().listShards(r -> r.streamName(Moving.STREAM)).join().shards();
  }
}
