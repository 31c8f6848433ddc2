package io.headrace.harness;

import io.headrace.kcl.Shard;
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
      for (var shard : world.stream().shardsNow()) {
        var key = world.key(shard.id());
        if (!world.progress().isComplete(function, key)) {
          return function + " has not committed all of " + Names.of(key);
        }
        if (world.puts().isClosed(shard.id()) && !world.progress().isEnded(function, key)) {
          return function + " has not ended " + Names.of(key);
        }
      }
    }
    for (var shard : world.stream().openShards()) {
      if (runners(world, shard) != 1) {
        return Names.of(shard.id()) + " has " + runners(world, shard) + " runners";
      }
    }
    return null;
  }

  private static long runners(FleetWorld world, Shard shard) {
    var key = world.key(shard.id());
    return world.living().stream()
        .filter(
            process -> {
              var token = process.tokens().get(key);
              return token != null && world.leases().owns(key, token);
            })
        .count();
  }
}
