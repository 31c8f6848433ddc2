package io.headrace.checkpoint.kcl;

import io.headrace.kcl.Shard;
import io.headrace.kcl.ShardId;
import io.headrace.kcl.StreamId;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

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

  /** Shards stand behind their parents in the list, so one way through it meets them all. */
  Set<ShardId> ancestorsOf(Set<ShardId> of) {
    var ancestors = new HashSet<ShardId>();
    for (int i = shards.size() - 1; i >= 0; i--) {
      var shard = shards.get(i);
      if (of.contains(shard.id()) || ancestors.contains(shard.id())) {
        ancestors.addAll(shard.parents());
      }
    }
    return ancestors;
  }
}
