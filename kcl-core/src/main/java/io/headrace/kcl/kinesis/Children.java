package io.headrace.kcl.kinesis;

import io.headrace.kcl.HashRange;
import io.headrace.kcl.Shard;
import io.headrace.kcl.ShardId;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.kinesis.model.ChildShard;
import software.amazon.awssdk.services.kinesis.model.HashKeyRange;

/** Shards as Kinesis describes them, in our words. Pure. */
final class Children {
  private Children() {}

  /** The children that an answer names; none when one of them is not told in full. */
  static List<Shard> of(@Nullable List<ChildShard> named) {
    var children = new ArrayList<Shard>();
    for (ChildShard child : named == null ? List.<ChildShard>of() : named) {
      if (child.shardId() == null
          || !child.hasParentShards()
          || child.parentShards().isEmpty()
          || child.hashKeyRange() == null) {
        return List.of();
      }
      children.add(
          new Shard(
              new ShardId(child.shardId()),
              child.parentShards().stream().map(ShardId::new).toList(),
              range(child.hashKeyRange())));
    }
    return children;
  }

  /** The children of a shard among all of a stream. */
  static List<Shard> among(List<Shard> all, ShardId parent) {
    return all.stream().filter(shard -> shard.parents().contains(parent)).toList();
  }

  /** A shard as ListShards tells it. */
  static Shard shard(software.amazon.awssdk.services.kinesis.model.Shard told) {
    var parents = new ArrayList<ShardId>(2);
    if (told.parentShardId() != null) {
      parents.add(new ShardId(told.parentShardId()));
    }
    if (told.adjacentParentShardId() != null) {
      parents.add(new ShardId(told.adjacentParentShardId()));
    }
    return new Shard(new ShardId(told.shardId()), parents, range(told.hashKeyRange()));
  }

  private static HashRange range(HashKeyRange told) {
    return new HashRange(
        new BigInteger(told.startingHashKey()), new BigInteger(told.endingHashKey()));
  }
}
