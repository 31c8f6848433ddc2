package io.headrace.local.engine;

import java.util.ArrayList;
import java.util.List;

/** A shard as the end of its parent announces it. */
public record ChildShard(String id, List<String> parentIds, HashRange range) {
  static ChildShard of(Shard shard) {
    List<String> parents = new ArrayList<>(2);
    if (shard.parent() != null) {
      parents.add(shard.parent().id());
    }
    if (shard.adjacentParent() != null) {
      parents.add(shard.adjacentParent().id());
    }
    return new ChildShard(shard.id(), List.copyOf(parents), shard.range());
  }
}
