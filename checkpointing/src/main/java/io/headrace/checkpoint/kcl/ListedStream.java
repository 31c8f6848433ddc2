package io.headrace.checkpoint.kcl;

import io.headrace.kcl.Shard;
import io.headrace.kcl.ShardId;
import io.headrace.kcl.StreamId;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A stream and all shards that it still names.
 *
 * @param shards parents before children
 */
public record ListedStream(StreamId id, List<Shard> shards) {
  public ListedStream {
    shards = List.copyOf(shards);
  }

  Map<ShardId, Shard> byId() {
    var byId = new LinkedHashMap<ShardId, Shard>();
    shards.forEach(shard -> byId.put(shard.id(), shard));
    return byId;
  }

  Optional<Shard> shard(ShardId id) {
    return shards.stream().filter(shard -> shard.id().equals(id)).findFirst();
  }

  List<Shard> childrenOf(ShardId parent) {
    return shards.stream().filter(shard -> shard.parents().contains(parent)).toList();
  }
}
