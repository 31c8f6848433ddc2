package io.headrace.bench.rig;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
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
    return split(drawn(open(), random));
  }

  /** Splits one of the widest; answers what was done. */
  public String splitWidest(SplittableRandom random) {
    List<Shard> open = open();
    int widest = open.stream().mapToInt(OpenShards::width).max().orElseThrow();
    return split(drawn(open.stream().filter(each -> width(each) == widest).toList(), random));
  }

  private String split(Shard shard) {
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
    return merge(drawn(neighbours(open()), random));
  }

  /**
   * Merges two neighbours of those that are the narrowest together, so that no shard comes to be
   * more than a worker can handle; answers what was done.
   */
  public String mergeNarrowest(SplittableRandom random) {
    List<Neighbours> all = neighbours(open());
    int narrowest = all.stream().mapToInt(Neighbours::width).min().orElseThrow();
    return merge(drawn(all.stream().filter(each -> each.width() == narrowest).toList(), random));
  }

  private String merge(Neighbours those) {
    Shard one = those.one();
    Shard other = those.other();
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

  /** Two open shards whose ranges of hash keys follow each other. */
  private record Neighbours(Shard one, Shard other) {
    int width() {
      return OpenShards.width(start(one), end(other));
    }
  }

  private static List<Neighbours> neighbours(List<Shard> open) {
    return IntStream.range(1, open.size())
        .mapToObj(right -> new Neighbours(open.get(right - 1), open.get(right)))
        .toList();
  }

  private static <T> T drawn(List<T> those, SplittableRandom random) {
    return those.get(random.nextInt(those.size()));
  }

  /** To the next power of two: halves that differ by one hash key are alike. */
  private static int width(BigInteger start, BigInteger end) {
    return end.subtract(start).bitLength();
  }

  private static int width(Shard shard) {
    return width(start(shard), end(shard));
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
