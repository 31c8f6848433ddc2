package io.headrace.bench.fleet;

import static io.headrace.bench.fleet.Starting.seconds;

import io.headrace.bench.rig.Figures;
import io.headrace.bench.rig.NotMeasured;
import java.math.BigInteger;
import java.util.List;
import software.amazon.awssdk.services.kinesis.model.Shard;

/** A shard is split, two are merged: how long after the end of the last parent the children run. */
final class Resharding {
  private static final int WORKERS = 2;

  private Resharding() {}

  static Figures splitAndMerge(Stage stage, String label) {
    stage.fleet(WORKERS);
    List<String> shards = stage.openShards();
    Figures figures = new Figures();
    split(stage, shards.get(0));
    children(stage, label + ".split", List.of(shards.get(0)), figures);
    stage.calm();
    stage
        .client()
        .sdk()
        .mergeShards(
            request ->
                request
                    .streamName(Stage.STREAM)
                    .shardToMerge(shards.get(1))
                    .adjacentShardToMerge(shards.get(2)))
        .join();
    children(stage, label + ".merge", List.of(shards.get(1), shards.get(2)), figures);
    return figures;
  }

  private static void split(Stage stage, String name) {
    Shard shard =
        list(stage).stream().filter(one -> one.shardId().equals(name)).findFirst().orElseThrow();
    BigInteger from = new BigInteger(shard.hashKeyRange().startingHashKey());
    BigInteger to = new BigInteger(shard.hashKeyRange().endingHashKey());
    stage
        .client()
        .sdk()
        .splitShard(
            request ->
                request
                    .streamName(Stage.STREAM)
                    .shardToSplit(name)
                    .newStartingHashKey(from.add(to).shiftRight(1).add(BigInteger.ONE).toString()))
        .join();
  }

  private static void children(Stage stage, String label, List<String> parents, Figures figures) {
    boolean run =
        stage.within(
            stage.side().patience(),
            () -> {
              List<String> children = children(stage, parents);
              return !children.isEmpty() && stage.course().shards().containsAll(children);
            });
    Course course = stage.course();
    List<String> children = children(stage, parents);
    if (!run) {
      throw new NotMeasured(
          label + ": of " + children + " some were not read within " + stage.side().patience());
    }
    long end = parents.stream().mapToLong(shard -> course.last(shard).orElse(0)).max().orElse(0);
    long last =
        children.stream().mapToLong(shard -> course.first(shard).orElseThrow()).max().orElse(0);
    figures.put(label + "_s", seconds(last - end));
  }

  private static List<String> children(Stage stage, List<String> parents) {
    return list(stage).stream()
        .filter(
            shard ->
                parents.contains(String.valueOf(shard.parentShardId()))
                    || parents.contains(String.valueOf(shard.adjacentParentShardId())))
        .map(Shard::shardId)
        .toList();
  }

  private static List<Shard> list(Stage stage) {
    return stage
        .client()
        .sdk()
        .listShards(request -> request.streamName(Stage.STREAM))
        .join()
        .shards();
  }
}
