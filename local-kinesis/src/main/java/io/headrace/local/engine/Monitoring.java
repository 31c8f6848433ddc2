package io.headrace.local.engine;

import java.util.Set;
import java.util.TreeSet;

/** Which metrics a stream keeps for each shard. Pure. */
final class Monitoring {
  private Monitoring() {}

  static Plan enable(StreamState state, Set<ShardMetric> metrics) {
    Set<ShardMetric> more = new TreeSet<>(state.options().metrics());
    more.addAll(metrics);
    return plan(state, more);
  }

  static Plan disable(StreamState state, Set<ShardMetric> metrics) {
    Set<ShardMetric> fewer = new TreeSet<>(state.options().metrics());
    fewer.removeAll(metrics);
    return plan(state, fewer);
  }

  private static Plan plan(StreamState state, Set<ShardMetric> metrics) {
    state.requireActive();
    return Plan.update(state, state.options().withMetrics(metrics));
  }
}
