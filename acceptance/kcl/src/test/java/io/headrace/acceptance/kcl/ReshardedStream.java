package io.headrace.acceptance.kcl;

import io.headrace.acceptance.kcl.Written.Place;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.Shard;
import software.amazon.awssdk.services.kinesis.model.StreamStatus;

/**
 * A stream of two shards that is written in thirds: before the second, one shard is split; before
 * the last, one of its children is merged with the shard beside it. One thread calls.
 *
 * <pre>
 *   shard 0 --split--> 2, 3
 *   shard 1, 3 --merge--> 4        shards 2 and 4 stay open
 * </pre>
 */
final class ReshardedStream {
  private static final int BATCH = 500;

  private final KinesisAsyncClient kinesis;
  private final String name;
  private final Written written;

  ReshardedStream(KinesisAsyncClient kinesis, String name, Written written) {
    this.kinesis = kinesis;
    this.name = name;
    this.written = written;
  }

  void create() {
    kinesis.createStream(r -> r.streamName(name).shardCount(2)).join();
    untilActive();
  }

  /** Answers how many records there are now, as the next two do. */
  int writeFirstThird() {
    return write(0, written.records() / 3);
  }

  int splitAndWriteSecondThird() {
    var first = openShards().get(0);
    var from = new BigInteger(first.hashKeyRange().startingHashKey());
    var to = new BigInteger(first.hashKeyRange().endingHashKey());
    var middle = from.add(to).shiftRight(1).add(BigInteger.ONE);
    kinesis
        .splitShard(
            r ->
                r.streamName(name)
                    .shardToSplit(first.shardId())
                    .newStartingHashKey(middle.toString()))
        .join();
    untilActive();
    learnParents();
    return write(written.records() / 3, written.records() / 3 * 2);
  }

  int mergeAndWriteTheRest() {
    var open = openShards();
    kinesis
        .mergeShards(
            r ->
                r.streamName(name)
                    .shardToMerge(open.get(1).shardId())
                    .adjacentShardToMerge(open.get(2).shardId()))
        .join();
    untilActive();
    learnParents();
    return write(written.records() / 3 * 2, written.records());
  }

  /** All shards that the stream ever had. */
  Set<String> shards() {
    var all = new TreeSet<String>();
    kinesis.listShards(r -> r.streamName(name)).join().shards().forEach(s -> all.add(s.shardId()));
    return all;
  }

  Set<String> closedShards() {
    var closed = new TreeSet<>(shards());
    openShards().forEach(shard -> closed.remove(shard.shardId()));
    return closed;
  }

  private List<Shard> openShards() {
    var open = new ArrayList<Shard>();
    for (Shard shard : kinesis.listShards(r -> r.streamName(name)).join().shards()) {
      if (shard.sequenceNumberRange().endingSequenceNumber() == null) {
        open.add(shard);
      }
    }
    // In the order of their ranges, so that neighbours stand beside each other.
    open.sort(
        (one, other) ->
            new BigInteger(one.hashKeyRange().startingHashKey())
                .compareTo(new BigInteger(other.hashKeyRange().startingHashKey())));
    return open;
  }

  private void learnParents() {
    for (Shard shard : kinesis.listShards(r -> r.streamName(name)).join().shards()) {
      var parents = new ArrayList<String>();
      if (shard.parentShardId() != null) {
        parents.add(shard.parentShardId());
      }
      if (shard.adjacentParentShardId() != null) {
        parents.add(shard.adjacentParentShardId());
      }
      written.shardHasParents(shard.shardId(), parents);
    }
  }

  private int write(int from, int to) {
    for (int start = from; start < to; start += BATCH) {
      int end = Math.min(to, start + BATCH);
      var entries = new ArrayList<PutRecordsRequestEntry>(BATCH);
      for (int number = start; number < end; number++) {
        entries.add(
            PutRecordsRequestEntry.builder()
                .partitionKey(written.key(number))
                .data(SdkBytes.fromByteArrayUnsafe(written.data(number)))
                .build());
      }
      var answer = kinesis.putRecords(r -> r.streamName(name).records(entries)).join();
      if (answer.failedRecordCount() != 0 || answer.records().size() != entries.size()) {
        throw new AssertionError("records refused: " + answer);
      }
      for (int i = 0; i < entries.size(); i++) {
        var result = answer.records().get(i);
        written.wentTo(start + i, new Place(result.shardId(), result.sequenceNumber()));
      }
    }
    return to;
  }

  private void untilActive() {
    try {
      kinesis.waiter().waitUntilStreamExists(r -> r.streamName(name)).get(30, TimeUnit.SECONDS);
    } catch (Exception failed) {
      throw new AssertionError("stream " + name + " does not become ACTIVE", failed);
    }
    var status =
        kinesis
            .describeStreamSummary(r -> r.streamName(name))
            .join()
            .streamDescriptionSummary()
            .streamStatus();
    if (status != StreamStatus.ACTIVE) {
      throw new AssertionError("stream " + name + " is " + status);
    }
  }
}
