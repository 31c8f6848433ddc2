package io.headrace.local.engine;

import java.util.List;

/** A shard as the end of its parent announces it. */
public record ChildShard(String id, List<String> parentIds, HashRange range) {
  static ChildShard of(Shard shard) {
    return new ChildShard(shard.id(), shard.parentIds(), shard.range());
  }
}
