package io.headrace.harness;

import io.headrace.function.RuntimeListener;
import io.headrace.kcl.InMemoryStream;
import io.headrace.kcl.Shard;
import io.headrace.kcl.ShardId;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.WorkerEvent;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Knows which shards the worker under test runs, has ended or gave up. Told on the loop. */
final class Attendance implements RuntimeListener {
  private final Set<ShardKey> run = new HashSet<>();
  private final Set<ShardKey> ended = new HashSet<>();
  private WorkerEvent.@Nullable ShardFailed failed;

  @Override
  public void on(Object whatHappened) {
    if (whatHappened instanceof WorkerEvent.ShardStarted started) {
      run.add(started.shard());
    } else if (whatHappened instanceof WorkerEvent.ShardStopped stopped) {
      run.remove(stopped.shard());
    } else if (whatHappened instanceof WorkerEvent.ShardEnded end) {
      ended.add(end.shard());
    } else if (whatHappened instanceof WorkerEvent.ShardFailed gaveUp) {
      failed = gaveUp;
    }
  }

  /** The worker is gone, whether it said so or not. */
  void workerGone() {
    run.clear();
  }

  /** Whether the shard is run, or waits for a parent that is run and not finished. */
  boolean attends(InMemoryStream stream, Shard shard) {
    return run.contains(new ShardKey(stream.id(), shard.id()))
        || shard.parents().stream().anyMatch(parent -> holdsUp(stream, parent));
  }

  private boolean holdsUp(InMemoryStream stream, ShardId parent) {
    return !ended.contains(new ShardKey(stream.id(), parent))
        && attends(stream, shard(stream, parent));
  }

  private static Shard shard(InMemoryStream stream, ShardId id) {
    return stream.shardsNow().stream()
        .filter(shard -> shard.id().equals(id))
        .findFirst()
        .orElseThrow(() -> new AssertionError("a stream keeps its shards"));
  }

  /** Why a function gave a shard up, once. */
  WorkerEvent.@Nullable ShardFailed takeFailure() {
    var now = failed;
    failed = null;
    return now;
  }
}
