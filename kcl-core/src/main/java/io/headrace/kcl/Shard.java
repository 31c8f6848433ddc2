package io.headrace.kcl;

import java.util.List;
import java.util.Objects;

/**
 * A shard as its stream describes it.
 *
 * @param parents none for a first shard, one after a split, two after a merge
 */
public record Shard(ShardId id, List<ShardId> parents, HashRange range) {
  public Shard {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(range, "range");
    parents = List.copyOf(parents);
  }

  /** A shard without parents that takes every key. */
  public static Shard root(String id) {
    return new Shard(new ShardId(id), List.of(), HashRange.ALL);
  }
}
