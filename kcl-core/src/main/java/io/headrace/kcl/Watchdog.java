package io.headrace.kcl;

import io.headrace.kcl.WorkerEvent.Remedy;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Decides what is done about shards without progress: first they are restarted, and when that has
 * not helped often enough, given up to another worker. Remembers only shards in trouble. Pure; used
 * on the worker loop.
 */
final class Watchdog {
  private final WorkerSettings.Watch watch;

  /** Restarts since the last progress. */
  private final Map<ShardKey, Integer> restarts = new HashMap<>();

  /** What is waited for and was told. */
  private final Set<ShardKey> told = new HashSet<>();

  Watchdog(WorkerSettings.Watch watch) {
    this.watch = watch;
  }

  /** A function settled something in the shard. */
  void progressed(ShardKey shard) {
    restarts.remove(shard);
    told.remove(shard);
  }

  /** The shard is no longer this worker's. */
  void left(ShardKey shard) {
    progressed(shard);
  }

  /** What is to be done now; empty when it was told already that the stall is waited out. */
  Optional<Remedy> remedyFor(ShardKey shard, Stall stall) {
    if (stall.endsByItself()) {
      return told.add(shard) ? Optional.of(Remedy.WAITS) : Optional.empty();
    }
    told.remove(shard);
    int before = restarts.merge(shard, 1, Integer::sum) - 1;
    if (before < watch.restartsMax()) {
      return Optional.of(Remedy.RESTART);
    }
    restarts.remove(shard);
    return Optional.of(Remedy.GIVE_UP);
  }
}
