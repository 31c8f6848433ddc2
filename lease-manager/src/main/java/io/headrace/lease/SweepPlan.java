package io.headrace.lease;

import io.headrace.kcl.ShardId;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StreamId;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What may be taken away for good. Pure: looks at all lease rows of an application. */
final class SweepPlan {
  private SweepPlan() {}

  /**
   * Ended rows of shards that the stream has forgotten, unless a shard that has not ended names
   * them as parents: whoever runs it has to learn that they have ended.
   */
  static List<Stored<LeaseRow>> rows(
      Collection<Stored<LeaseRow>> all, Collection<ShardKey> forgotten) {
    Map<StreamId, Set<ShardId>> parents = new HashMap<>();
    for (var row : all) {
      if (!row.item().ended()) {
        parents
            .computeIfAbsent(row.item().shard().stream(), stream -> new HashSet<>())
            .addAll(row.item().parents());
      }
    }
    return all.stream()
        .filter(row -> row.item().ended() && forgotten.contains(row.item().shard()))
        .filter(
            row ->
                !parents
                    .getOrDefault(row.item().shard().stream(), Set.of())
                    .contains(row.item().shard().shard()))
        .toList();
  }

  /**
   * Workers that have gone and of which no lease names any life: what is known of them tells
   * whether such a lease may be claimed.
   */
  static List<Stored<WorkerItem>> workers(
      Collection<Stored<LeaseRow>> all, Collection<Stored<WorkerItem>> gone) {
    var named = new HashSet<String>();
    for (var row : all) {
      var owner = row.item().owner();
      var from = row.item().from();
      if (owner != null) {
        named.add(owner.workerId());
      }
      if (from != null) {
        named.add(from.workerId());
      }
    }
    return gone.stream()
        .filter(item -> item.item().state().gone())
        .filter(item -> !named.contains(item.item().incarnation().workerId()))
        .toList();
  }
}
