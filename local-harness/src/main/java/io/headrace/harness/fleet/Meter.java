package io.headrace.harness.fleet;

import io.headrace.kcl.HashRange;
import io.headrace.kcl.Shard;
import io.headrace.kcl.ShardId;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.WorkerEvent;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Measures how long the records of a shard wait while it changes hands. Whatever is offered in a
 * book, or loses its worker, is given a record every 50 ms until it has been run for a while again;
 * the longest that one of them waits for its function is the gap. On the world's loop only.
 */
final class Meter implements FleetObserver {
  private static final Duration EVERY = Duration.ofMillis(50);
  private static final Duration AFTERWARDS = Duration.ofMillis(600);
  private static final double NANOS = 1e9;

  private final FleetWorld world;
  private final Map<ShardId, String> keys = new HashMap<>();
  private final Map<ShardId, Long> watchedUntil = new TreeMap<>();
  private final Map<Puts.Put, Long> waiting = new HashMap<>();
  private final Map<ShardId, Long> longest = new HashMap<>();
  private final Map<ShardKey, Integer> starts = new HashMap<>();
  private final Map<ShardId, Long> endedAt = new HashMap<>();
  private final Map<ShardId, Long> resumedAt = new HashMap<>();
  private long lastStart;

  Meter(FleetWorld world) {
    this.world = world;
    world.observedBy(this);
    tick();
  }

  /** The shard has lost its worker, or will: its records are watched. */
  void watch(ShardId shard) {
    watchedUntil.put(shard, Long.MAX_VALUE);
  }

  private void tick() {
    watchOffered();
    long now = world.loop().ticks();
    watchedUntil.values().removeIf(until -> until < now);
    for (var shard : List.copyOf(watchedUntil.keySet())) {
      if (!world.puts().isClosed(shard)) {
        put(shard);
      }
    }
    var unused = world.loop().schedule(EVERY, this::tick);
  }

  private void watchOffered() {
    for (var process : world.living()) {
      world
          .table()
          .book(FleetWorld.APPLICATION, process.id())
          .toCompletableFuture()
          .join()
          .ifPresent(book -> book.item().offers().keySet().forEach(key -> watch(key.shard())));
    }
  }

  private void put(ShardId shard) {
    var key = keys.computeIfAbsent(shard, this::keyOf);
    var record = new ProbeRecord(key, world.puts().nextNumber(key), ProbeRecord.Fate.GOOD);
    var bytes = new ProbeRecord.Padded(0).encode(record);
    long now = world.loop().ticks();
    waiting.put(world.puts().put(key, bytes, ProbeRecord.Fate.GOOD), now);
  }

  /** A partition key whose records lie in the shard. */
  private String keyOf(ShardId id) {
    var range =
        world.stream().openShards().stream()
            .filter(shard -> shard.id().equals(id))
            .map(Shard::range)
            .findFirst()
            .orElseThrow();
    int number = 0;
    while (!range.holds(HashRange.hashOf("m" + number))) {
      number++;
    }
    return "m" + number;
  }

  @Override
  public void begins(Puts.Put put) {
    var at = waiting.remove(put);
    if (at != null) {
      longest.merge(put.shard().shard(), world.loop().ticks() - at, Math::max);
    }
  }

  @Override
  public void told(SimulatedProcess process, WorkerEvent event) {
    long now = world.loop().ticks();
    if (event instanceof WorkerEvent.ShardStarted started) {
      starts.merge(started.shard(), 1, Integer::sum);
      lastStart = now;
    } else if (event instanceof WorkerEvent.FunctionResumed resumed) {
      resumedAt.putIfAbsent(resumed.shard().shard(), now); // It may move on soon after.
      watchedUntil.computeIfPresent(
          resumed.shard().shard(), (shard, until) -> now + AFTERWARDS.toNanos());
    } else if (event instanceof WorkerEvent.ShardEnded ended) {
      endedAt.put(ended.shard().shard(), now);
    }
  }

  /** Forgets what was measured; what waits goes on waiting. */
  void reset() {
    longest.clear();
    starts.clear();
    endedAt.clear();
    resumedAt.clear();
  }

  /** Whether all records that were put have been handled. */
  boolean nothingWaits() {
    return waiting.isEmpty() && watchedUntil.isEmpty();
  }

  /** Whether no shard was begun by anybody for so long. */
  boolean restsFor(Duration span) {
    return world.loop().ticks() - lastStart >= span.toNanos();
  }

  double longestGapSeconds() {
    return longest.values().stream().mapToLong(Long::longValue).max().orElse(0) / NANOS;
  }

  double meanGapSeconds() {
    return longest.values().stream().mapToLong(Long::longValue).average().orElse(0) / NANOS;
  }

  int mostStarts() {
    return starts.values().stream().mapToInt(Integer::intValue).max().orElse(0);
  }

  double meanStarts() {
    long all = starts.values().stream().mapToLong(Integer::longValue).sum();
    return (double) all / world.stream().openShards().size();
  }

  boolean allResumed(List<Shard> children) {
    return children.stream().allMatch(child -> resumedAt.containsKey(child.id()));
  }

  /** From the last parent's end until each of these children runs. */
  double longestChildStartSeconds(List<Shard> children) {
    long most = 0;
    for (var child : children) {
      var resumed = resumedAt.get(child.id());
      long ended =
          child.parents().stream().mapToLong(p -> endedAt.getOrDefault(p, 0L)).max().orElse(0);
      most = Math.max(most, resumed == null ? Long.MAX_VALUE : resumed - ended);
    }
    return most / NANOS;
  }

  /** Shards that some process runs, each by its number of leases. */
  Map<String, Integer> counts() {
    var counts = new TreeMap<String, Integer>();
    for (var process : world.active()) {
      counts.put(process.name(), process.tokens().size());
    }
    return counts;
  }

  Set<ShardId> shardsOf(SimulatedProcess process) {
    var shards = new HashSet<ShardId>();
    process.tokens().keySet().forEach(key -> shards.add(key.shard()));
    return shards;
  }
}
