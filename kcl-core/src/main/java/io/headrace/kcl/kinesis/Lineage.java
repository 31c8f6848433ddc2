package io.headrace.kcl.kinesis;

import io.headrace.kcl.Shard;
import io.headrace.kcl.ShardId;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The order of shards: parents before children, and by name where that leaves a choice. */
final class Lineage {
  private Lineage() {}

  /**
   * Sorts shards so that none stands before a parent. Parents that the stream has forgotten don't
   * count.
   *
   * @throws IllegalArgumentException when shards are each other's ancestors, or named twice
   */
  static List<Shard> parentsFirst(List<Shard> shards) {
    var byName = new ArrayList<>(shards);
    byName.sort(Comparator.comparing(Shard::id));
    var waitingFor = new HashMap<ShardId, Integer>();
    for (Shard shard : byName) {
      if (waitingFor.put(shard.id(), 0) != null) {
        throw new IllegalArgumentException("shard " + shard.id() + " is named twice");
      }
    }
    Map<ShardId, List<Shard>> children = new HashMap<>();
    for (Shard shard : byName) {
      for (ShardId parent : shard.parents()) {
        if (waitingFor.containsKey(parent)) {
          waitingFor.merge(shard.id(), 1, Integer::sum);
          children.computeIfAbsent(parent, none -> new ArrayList<>()).add(shard);
        }
      }
    }
    return inOrder(byName, waitingFor, children);
  }

  private static List<Shard> inOrder(
      List<Shard> byName, Map<ShardId, Integer> waitingFor, Map<ShardId, List<Shard>> children) {
    var free = new ArrayDeque<Shard>();
    byName.stream().filter(s -> waitingFor.getOrDefault(s.id(), 0) == 0).forEach(free::add);
    var sorted = new ArrayList<Shard>(byName.size());
    while (!free.isEmpty()) {
      Shard shard = free.remove();
      sorted.add(shard);
      for (Shard child : children.getOrDefault(shard.id(), List.of())) {
        if (waitingFor.merge(child.id(), -1, Integer::sum) == 0) {
          free.add(child);
        }
      }
    }
    if (sorted.size() < byName.size()) {
      byName.removeAll(sorted);
      throw new IllegalArgumentException(
          "shards "
              + byName.stream().map(Shard::id).toList()
              + " are each other's parents; ParentShardId must lead to an older shard");
    }
    return sorted;
  }
}
