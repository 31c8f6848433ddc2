package io.headrace.harness.fleet;

import io.headrace.kcl.ShardKey;
import org.jspecify.annotations.Nullable;

/** What has to be true in the end, when all faults are over. */
final class Completion {
  private Completion() {}

  /** What is not yet as it should be in the end; null when all is. */
  static @Nullable String missingIn(FleetWorld world) {
    for (var function : world.workload().functions(world.plan())) {
      var unsettled = world.deliveries().firstUnsettled(function);
      if (unsettled != null) {
        return function + " has not settled " + unsettled;
      }
      var feed = world.feedOf(function);
      for (var shard : feed.stream().shardsNow()) {
        var key = feed.key(shard.id());
        if (!world.progress().isComplete(function, key)) {
          return function + " has not committed all of " + Names.of(key);
        }
        if (feed.puts().isClosed(shard.id()) && !world.progress().isEnded(function, key)) {
          return function + " has not ended " + Names.of(key);
        }
      }
    }
    for (var feed : world.feeds()) {
      for (var shard : feed.stream().openShards()) {
        var key = feed.key(shard.id());
        if (runners(world, key) != 1) {
          return Names.of(key) + " has " + runners(world, key) + " runners";
        }
      }
    }
    return null;
  }

  private static long runners(FleetWorld world, ShardKey key) {
    return world.living().stream()
        .filter(
            process -> {
              var token = process.tokens().get(key);
              return token != null && world.leases().owns(key, token);
            })
        .count();
  }
}
