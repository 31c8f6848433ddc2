package io.headrace.console;

import io.headrace.function.RuntimeListener;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.WorkerEvent;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a console shows of the workers of one process: who holds which shard and how far behind it
 * is. Safe for all threads: the workers' loops write, the console reads.
 */
final class Fleet {
  private final Map<String, Map<ShardKey, Duration>> behind = new LinkedHashMap<>();
  private final Set<String> retrievals = new LinkedHashSet<>();

  /** The listener of one worker. */
  RuntimeListener of(String worker) {
    synchronized (this) {
      behind.put(worker, new HashMap<>());
    }
    return new RuntimeListener() {
      @Override
      public void on(Object event) {
        record(worker, event);
      }
    };
  }

  /** A worker that is gone holds nothing any more. */
  synchronized void gone(String worker) {
    behind.remove(worker);
  }

  /** How shards' readers got their records, in the order in which it was first said. */
  synchronized List<String> retrievals() {
    return List.copyOf(retrievals);
  }

  synchronized Map<String, Integer> shardsPerWorker() {
    var shards = new LinkedHashMap<String, Integer>();
    behind.forEach((worker, held) -> shards.put(worker, held.size()));
    return shards;
  }

  /** How far the worst shard is behind its tip. */
  synchronized Duration lag() {
    return behind.values().stream()
        .flatMap(held -> held.values().stream())
        .max(Duration::compareTo)
        .orElse(Duration.ZERO);
  }

  private synchronized void record(String worker, Object event) {
    var held = behind.get(worker);
    if (held == null) {
      return;
    }
    if (event instanceof WorkerEvent.ShardStarted started) {
      held.put(started.shard(), Duration.ZERO);
    } else if (event instanceof WorkerEvent.ShardStopped stopped) {
      held.remove(stopped.shard());
    } else if (event instanceof WorkerEvent.Fetched fetched) {
      held.computeIfPresent(fetched.shard(), (shard, before) -> fetched.behind());
    } else if (event instanceof WorkerEvent.Retrieving retrieving) {
      retrievals.add(retrieving.how());
    }
  }
}
