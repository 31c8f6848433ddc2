package io.headrace.harness.fleet;

import io.headrace.kcl.HashRange;
import io.headrace.kcl.Shard;
import io.headrace.kcl.ShardId;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.stream.Stream;

/**
 * Event time as the input has it, from what was put and how the shards hang together, and as
 * commits have moved it on in silent shards: what no crash may change. Made when it is asked for,
 * as of then.
 */
final class EventTimes {
  private final Puts puts;
  private final Map<ShardId, NavigableMap<Integer, Instant>> moves;
  private final Map<ShardId, Shard> shards = new HashMap<>();

  /**
   * @param moves by shard, how far commits have moved event time from which place on
   */
  EventTimes(Feed feed, Map<ShardId, NavigableMap<Integer, Instant>> moves) {
    puts = feed.puts();
    this.moves = moves;
    feed.stream().shardsNow().forEach(shard -> shards.put(shard.id(), shard));
  }

  /** Before the record was let in, as it counts for the record's key. */
  Instant before(Puts.Put put) {
    var own = puts.in(put.shard().shard()).subList(0, put.place());
    var latest = later(latest(own.stream()), moved(put.shard().shard(), put.place()));
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
    var latest = later(latest(puts.in(shard).stream()), moved(shard, Integer.MAX_VALUE));
    for (var parent : puts.parentsOf(shard)) {
      latest = later(latest, ofKey(parent, key));
    }
    return latest;
  }

  private Instant ofShard(ShardId shard) {
    return ofShardAt(shard, puts.in(shard).size(), Integer.MAX_VALUE);
  }

  /**
   * Of a shard when so many of its records were let in.
   *
   * @param movedAt counts moves that were made at that place or before
   */
  Instant ofShardAt(ShardId shard, int place, int movedAt) {
    var lowest =
        puts.parentsOf(shard).stream()
            .map(this::ofShard)
            .min(Instant::compareTo)
            .orElse(Instant.MIN);
    var own = latest(puts.in(shard).stream().limit(place));
    return later(later(lowest, own), moved(shard, movedAt));
  }

  private Instant moved(ShardId shard, int place) {
    var all = moves.get(shard);
    var last = all == null ? null : all.floorEntry(place);
    return last == null ? Instant.MIN : last.getValue();
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
