package io.headrace.harness.fleet;

import io.headrace.kcl.HashRange;
import io.headrace.kcl.InMemoryStream;
import io.headrace.kcl.Position;
import io.headrace.kcl.Progress;
import io.headrace.kcl.Shard;
import io.headrace.kcl.ShardId;
import io.headrace.kcl.ShardKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Every record that was put into a stream of a simulated fleet, and how its shards hang together:
 * the producer's own account. On the world's loop only.
 */
final class Puts {
  /**
   * One record.
   *
   * @param shard of which stream, and which
   * @param place of the record in its shard, from 0
   * @param number of the record among those of its key, from 1
   * @param before how many of the key's records before this one can be handled
   * @param follows the number of the last of them; 0 for none
   * @param at when it was put
   */
  record Put(
      ShardKey shard,
      Position position,
      int place,
      String key,
      long number,
      ProbeRecord.Fate fate,
      long before,
      long follows,
      Instant at) {}

  private final InMemoryStream stream;
  private final Supplier<Instant> clock;
  private final List<Put> all = new ArrayList<>();
  private final Map<ShardId, List<Put>> byShard = new HashMap<>();
  private final Map<Position, Put> byPosition = new HashMap<>();
  private final Map<String, Put> lastOfKey = new HashMap<>();
  private final Map<ShardId, List<ShardId>> parents = new HashMap<>();
  private final Set<ShardId> closed = new HashSet<>();
  private final Map<ShardId, BitSet> trimmed = new HashMap<>();

  Puts(InMemoryStream stream, Supplier<Instant> clock) {
    this.stream = stream;
    this.clock = clock;
    stream.shardsNow().forEach(this::learn);
  }

  private void learn(Shard shard) {
    parents.put(shard.id(), shard.parents());
    byShard.putIfAbsent(shard.id(), new ArrayList<>());
    closed.addAll(shard.parents());
  }

  /** The number that the key's next record gets. */
  long nextNumber(String key) {
    var last = lastOfKey.get(key);
    return last == null ? 1 : last.number + 1;
  }

  /** Whether a shard came of the record's by splits and merges, and has its key. */
  boolean passes(Put put, ShardId shard) {
    return comesOf(shard, put.shard().shard())
        && stream.shardsNow().stream()
            .anyMatch(each -> each.id().equals(shard) && each.range().holds(put.key()));
  }

  private boolean comesOf(ShardId shard, ShardId ancestor) {
    return parents.getOrDefault(shard, List.of()).stream()
        .anyMatch(parent -> parent.equals(ancestor) || comesOf(parent, ancestor));
  }

  /** Puts a record; its shard is the one that the stream then has for the key. */
  Put put(String key, byte[] data, ProbeRecord.Fate fate) {
    return put(key, data, fate, put -> {});
  }

  /**
   * As {@link #put(String, byte[], ProbeRecord.Fate)}.
   *
   * @param told of the record before it can be read
   */
  Put put(String key, byte[] data, ProbeRecord.Fate fate, Consumer<Put> told) {
    var hash = HashRange.hashOf(key);
    var shard =
        stream.openShards().stream()
            .filter(open -> open.range().holds(hash))
            .map(Shard::id)
            .findFirst()
            .orElseThrow(() -> new AssertionError("the open shards hold every key"));
    var last = lastOfKey.get(key);
    long before = 0;
    long follows = 0;
    if (last != null) {
      boolean counts = last.fate == ProbeRecord.Fate.GOOD;
      before = last.before + (counts ? 1 : 0);
      follows = counts ? last.number : last.follows;
    }
    var inShard = byShard.computeIfAbsent(shard, s -> new ArrayList<>());
    long number = nextNumber(key);
    // Before it can be read: the stream answers waiting readers within the call.
    var position = Position.of(all.size() + 1L);
    var at = new ShardKey(stream.id(), shard);
    var put =
        new Put(at, position, inShard.size(), key, number, fate, before, follows, clock.get());
    all.add(put);
    inShard.add(put);
    byPosition.put(position, put);
    lastOfKey.put(key, put);
    told.accept(put);
    var given = stream.put(key, data);
    if (!given.equals(position)) {
      throw new AssertionError("the stream gave " + given + " where " + position + " was due");
    }
    return put;
  }

  void split(ShardId shard) {
    stream.split(shard).forEach(this::learn);
  }

  void merge(ShardId left, ShardId right) {
    learn(stream.merge(left, right));
  }

  Put at(Position position) {
    var put = byPosition.get(position);
    if (put == null) {
      throw new IllegalStateException("nothing was put at " + position);
    }
    return put;
  }

  List<Put> all() {
    return all;
  }

  List<Put> in(ShardId shard) {
    return byShard.getOrDefault(shard, List.of());
  }

  boolean isClosed(ShardId shard) {
    return closed.contains(shard);
  }

  List<ShardId> parentsOf(ShardId shard) {
    return parents.getOrDefault(shard, List.of());
  }

  /** The record is older than the stream keeps records. */
  void trimmed(Put put) {
    trimmed.computeIfAbsent(put.shard.shard(), shard -> new BitSet()).set(put.place);
  }

  boolean isTrimmed(Put put) {
    return trimmedOf(put.shard.shard()).get(put.place);
  }

  /** The places of the shard's records that the stream does not have any more. */
  BitSet trimmedOf(ShardId shard) {
    return trimmed.getOrDefault(shard, new BitSet());
  }

  /** Whether something was trimmed behind one position, and nothing else lies before the other. */
  boolean isGap(ShardId shard, Position after, @Nullable Position resumesAt) {
    var missing =
        in(shard).stream()
            .filter(put -> put.position.compareTo(after) > 0)
            .filter(put -> resumesAt == null || put.position.compareTo(resumesAt) < 0)
            .toList();
    return !missing.isEmpty() && (resumesAt == null || missing.stream().allMatch(this::isTrimmed));
  }

  /** The places of all records of the shard. */
  BitSet allOf(ShardId shard) {
    var places = new BitSet();
    places.set(0, in(shard).size());
    return places;
  }

  /** The places of the shard's records that progress says are finished. */
  BitSet covered(ShardId shard, Progress progress) {
    var places = new BitSet();
    for (var put : in(shard)) {
      boolean passed =
          progress.through().filter(through -> put.position.compareTo(through) <= 0).isPresent()
              || progress.ranges().stream()
                  .anyMatch(
                      range ->
                          range.first().compareTo(put.position) <= 0
                              && put.position.compareTo(range.last()) <= 0);
      places.set(put.place, passed);
    }
    return places;
  }
}
