package io.headrace.harness;

import io.headrace.kcl.HashRange;
import io.headrace.kcl.Shard;
import io.headrace.kcl.ShardId;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Event time as the input has it, from what was put and how the shards hang together: what no crash
 * may change. Made when it is asked for, as of then.
 */
final class EventTimes {
  private final Puts puts;
  private final Map<ShardId, Shard> shards = new HashMap<>();

  EventTimes(Feed feed) {
    puts = feed.puts();
    feed.stream().shardsNow().forEach(shard -> shards.put(shard.id(), shard));
  }

  /** Before the record was let in, as it counts for the record's key. */
  Instant before(Puts.Put put) {
    var own = puts.in(put.shard().shard()).subList(0, put.place());
    var latest = latest(own.stream());
    for (var parent : puts.parentsOf(put.shard().shard())) {
      latest = later(latest, ofKey(parent, put.key()));
    }
    return latest;
  }

  /** As it counts for a key, when all is read. */
  Instant ofKey(String key) {
    return ofKey(shardOf(key), key);
  }

  /** Of the key's open shard, when all is read: the lower one of two that were merged counts. */
  Instant ofShardWith(String key) {
    return ofShard(shardOf(key));
  }

  private ShardId shardOf(String key) {
    var hash = HashRange.hashOf(key);
    return shards.values().stream()
        .filter(shard -> !puts.isClosed(shard.id()) && shard.range().holds(hash))
        .map(Shard::id)
        .findFirst()
        .orElseThrow(() -> new AssertionError("the open shards hold every key"));
  }

  private Instant ofKey(ShardId shard, String key) {
    var known = shards.get(shard);
    if (known == null || !known.range().holds(HashRange.hashOf(key))) {
      return Instant.MIN;
    }
    var latest = latest(puts.in(shard).stream());
    for (var parent : puts.parentsOf(shard)) {
      latest = later(latest, ofKey(parent, key));
    }
    return latest;
  }

  private Instant ofShard(ShardId shard) {
    var lowest =
        puts.parentsOf(shard).stream()
            .map(this::ofShard)
            .min(Instant::compareTo)
            .orElse(Instant.MIN);
    return later(lowest, latest(puts.in(shard).stream()));
  }

  private static Instant latest(Stream<Puts.Put> some) {
    return some.map(EventTimes::timeOf).max(Instant::compareTo).orElse(Instant.MIN);
  }

  static Instant timeOf(Puts.Put put) {
    return TimedRecord.timeAt(Long.parseLong(put.position().sequence().value()));
  }

  private static Instant later(Instant one, Instant other) {
    return one.isAfter(other) ? one : other;
  }
}
