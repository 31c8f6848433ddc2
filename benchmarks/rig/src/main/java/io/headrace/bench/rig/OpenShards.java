package io.headrace.bench.rig;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import software.amazon.awssdk.services.kinesis.model.Shard;

/** The open shards of a stream, which are split and merged. Only one thread does so. */
public final class OpenShards {
  private final LoadClient client;
  private final String stream;

  public OpenShards(LoadClient client, String stream) {
    this.client = client;
    this.stream = stream;
  }

  public int count() {
    return open().size();
  }

  /** Splits an open shard in its middle; answers what was done. */
  public String split(SplittableRandom random) {
    List<Shard> open = open();
    Shard shard = open.get(random.nextInt(open.size()));
    BigInteger middle = start(shard).add(end(shard)).shiftRight(1);
    client
        .sdk()
        .splitShard(
            request ->
                request
                    .streamName(stream)
                    .shardToSplit(shard.shardId())
                    .newStartingHashKey(middle.toString()))
        .join();
    client.awaitActive(stream);
    return "split " + shard.shardId();
  }

  /** Merges two neighbours; answers what was done. */
  public String merge(SplittableRandom random) {
    List<Shard> open = open();
    int left = random.nextInt(open.size() - 1);
    Shard one = open.get(left);
    Shard other = open.get(left + 1);
    client
        .sdk()
        .mergeShards(
            request ->
                request
                    .streamName(stream)
                    .shardToMerge(one.shardId())
                    .adjacentShardToMerge(other.shardId()))
        .join();
    client.awaitActive(stream);
    return "merge " + one.shardId() + " with " + other.shardId();
  }

  private List<Shard> open() {
    List<Shard> open = new ArrayList<>();
    for (Shard shard : client.sdk().listShards(r -> r.streamName(stream)).join().shards()) {
      if (shard.sequenceNumberRange().endingSequenceNumber() == null) {
        open.add(shard);
      }
    }
    open.sort(Comparator.comparing(OpenShards::start));
    return open;
  }

  private static BigInteger start(Shard shard) {
    return new BigInteger(shard.hashKeyRange().startingHashKey());
  }

  private static BigInteger end(Shard shard) {
    return new BigInteger(shard.hashKeyRange().endingHashKey());
  }
}
