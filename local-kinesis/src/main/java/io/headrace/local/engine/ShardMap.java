package io.headrace.local.engine;

import io.headrace.local.log.ShardIdentity;
import io.headrace.local.log.ShardLog;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableSet;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The shards of one stream: by index, by the part of the ring that the open ones take, and by
 * descent. The stream's monitor guards every call.
 */
final class ShardMap {
  // Neighbouring shards draw their order from one counter, so that a shard's numbers have gaps, as
  // at the service, and no client can lean on their being dense.
  private static final int SHARDS_PER_COUNTER = 5;
  // Left out after the last record of an earlier server: a loss of power may have taken records
  // that readers saw, and a reader that goes on after one of them must find all that come now.
  private static final long ORDERS_LEFT_OUT = 1L << 32;

  private final StreamKey key;
  private final Function<ShardIdentity, ShardLog> logs;
  private final TreeMap<Integer, Shard> shards = new TreeMap<>();
  private final List<long[]> counters = new ArrayList<>();
  private Shard[] openByRange = {};
  private int made;

  /**
   * The shards as a state describes them, with what their logs hold.
   *
   * @param logs gives the log of a shard: an empty one for a new shard
   */
  ShardMap(StreamState state, Function<ShardIdentity, ShardLog> logs) {
    this.key = state.key();
    this.logs = logs;
    this.made = state.shardsMade();
    for (ShardState shard : state.shards()) {
      put(new Shard(shard, logs.apply(shard.identity())));
    }
    refreshOpen();
  }

  /** Takes back what came after a state, but for shards that are past retention. */
  void restore(StreamState state) {
    made = state.shardsMade();
    shards.keySet().removeIf(index -> index >= made);
    for (ShardState shard : state.shards()) {
      Shard present = shards.get(shard.index());
      if (present != null) {
        present.restore(shard, shards.values());
      }
    }
    refreshOpen();
  }

  int made() {
    return made;
  }

  int openCount() {
    return openByRange.length;
  }

  List<ShardState> states() {
    return shards.values().stream().map(Shard::state).toList();
  }

  @Nullable Shard get(int index) {
    return shards.get(index);
  }

  /** The shard to read from. */
  Shard require(String shardId) {
    int index = Shard.indexOf(shardId);
    Shard shard = shards.get(index);
    if (shard == null) {
      throw notThere(Shard.id(index));
    }
    return shard;
  }

  /** The shard to split or merge, which the service misses in other words. */
  Shard requireToChange(String shardId) {
    int index = Shard.indexOf(shardId);
    Shard shard = shards.get(index);
    if (shard == null) {
      throw KinesisError.notFound(
          "Could not find shard %s in %s.".formatted(Shard.id(index), key.inSentence()));
    }
    return shard;
  }

  KinesisError notThere(String shardId) {
    return KinesisError.notFound(
        "Shard %s in %s does not exist".formatted(shardId, key.inSentence()));
  }

  /** The open shard whose range has the key. */
  Shard route(HashKey hash) {
    int low = 0;
    int high = openByRange.length - 1;
    while (low < high) {
      int middle = (low + high + 1) >>> 1;
      if (openByRange[middle].range().start().compareTo(hash) <= 0) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return openByRange[low];
  }

  /** The order of the next record of the shard. */
  long nextOrder(Shard shard) {
    return ++counters.get(shard.index() / SHARDS_PER_COUNTER)[0];
  }

  long lastSeconds() {
    return shards.values().stream().mapToLong(Shard::lastSeconds).max().orElse(0);
  }

  List<ShardView> views(ShardFilter filter, int afterIndex, long horizon) {
    List<ShardView> views = new ArrayList<>();
    for (Shard shard : shards.tailMap(afterIndex, false).values()) {
      if (shard.isOpenSince(horizon) && shows(filter, shard, horizon)) {
        views.add(shard.view());
      }
    }
    return views;
  }

  void create(int count, long nowMillis) {
    HashRange.evenly(count).forEach(range -> add(range, null, null, nowMillis));
    refreshOpen();
  }

  void split(Change.Split split, long nowMillis) {
    split(present(split.shard()), split.newStart(), nowMillis);
    refreshOpen();
  }

  void merge(Change.Merge merge, long nowMillis) {
    merge(present(merge.shard()), present(merge.adjacent()), nowMillis);
    refreshOpen();
  }

  /**
   * Gives the ring to this many open shards of equal width: cuts the present ones where a new one
   * begins, and joins the pieces up to there. Pieces that are joined again close at once.
   */
  void scale(int target, long nowMillis) {
    NavigableSet<HashKey> starts = UniformScaling.starts(target, List.of(openByRange));
    List<Shard> pieces = new ArrayList<>();
    for (Shard shard : openByRange) {
      Shard rest = shard;
      for (HashKey start : starts.subSet(shard.range().start(), false, shard.range().end(), true)) {
        List<Shard> halves = split(rest, start, nowMillis);
        pieces.add(halves.get(0));
        rest = halves.get(1);
      }
      pieces.add(rest);
    }
    Shard joined = pieces.get(0);
    for (Shard piece : pieces.subList(1, pieces.size())) {
      boolean begins = starts.contains(piece.range().start());
      joined = begins ? piece : merge(joined, piece, nowMillis);
    }
    refreshOpen();
  }

  /**
   * Halves the open shards that took more than this since the last call; whether there were any.
   */
  boolean splitHot(long bytes, long records, int splitsMax, long nowMillis) {
    int left = splitsMax;
    for (Shard shard : openByRange) {
      boolean hot = shard.tookMore(bytes, records);
      if (hot && left > 0 && !shard.range().start().equals(shard.range().end())) {
        split(shard, shard.range().middle(), nowMillis);
        left--;
      }
    }
    boolean changed = left < splitsMax;
    if (changed) {
      refreshOpen();
    }
    return changed;
  }

  /** Forgets the records that came before the horizon, and the shards that had no others. */
  void expire(long horizon) {
    for (Shard shard : List.copyOf(shards.values())) {
      shard.log().trimBefore(horizon);
      if (!shard.isOpenSince(horizon)) {
        shard.log().clear();
        shards.remove(shard.index());
      }
    }
  }

  void clear() {
    shards.values().forEach(shard -> shard.log().clear());
    shards.clear();
    refreshOpen();
  }

  private Shard present(int index) {
    Shard shard = shards.get(index);
    if (shard == null) {
      throw new IllegalStateException(key + " has no shard " + index);
    }
    return shard;
  }

  private List<Shard> split(Shard shard, HashKey newStart, long nowMillis) {
    shard.close(nowMillis);
    HashRange lower = new HashRange(shard.range().start(), newStart.previous());
    HashRange upper = new HashRange(newStart, shard.range().end());
    return List.of(add(lower, shard, null, nowMillis), add(upper, shard, null, nowMillis));
  }

  private Shard merge(Shard shard, Shard adjacent, long nowMillis) {
    shard.close(nowMillis);
    adjacent.close(nowMillis);
    HashRange range = new HashRange(shard.range().start(), adjacent.range().end());
    return add(range, shard, adjacent, nowMillis);
  }

  private Shard add(
      HashRange range, @Nullable Shard parent, @Nullable Shard adjacent, long nowMillis) {
    int index = made++;
    ShardState born = Shard.born(index, range, parent, adjacent, nowMillis);
    Shard shard = new Shard(born, logs.apply(born.identity()));
    put(shard);
    return shard;
  }

  private void put(Shard shard) {
    ShardState state = shard.state();
    int counter = shard.index() / SHARDS_PER_COUNTER;
    while (counters.size() <= counter) {
      counters.add(new long[1]);
    }
    long end = shard.log().end();
    long last = end == 0 ? 0 : end + ORDERS_LEFT_OUT;
    counters.get(counter)[0] = Math.max(counters.get(counter)[0], last);
    shards.put(shard.index(), shard);
    for (int parent : new int[] {state.parent(), state.adjacentParent()}) {
      Shard older = shards.get(parent);
      if (older != null) {
        older.children().add(shard);
      }
    }
  }

  private void refreshOpen() {
    openByRange =
        shards.values().stream()
            .filter(Shard::isOpen)
            .sorted((a, b) -> a.range().start().compareTo(b.range().start()))
            .toArray(Shard[]::new);
  }

  private boolean shows(ShardFilter filter, Shard shard, long horizon) {
    if (filter instanceof ShardFilter.AtLatest) {
      return shard.isOpen();
    }
    if (filter instanceof ShardFilter.AtTrimHorizon) {
      return isRoot(shard, horizon);
    }
    if (filter instanceof ShardFilter.AfterShard after) {
      return shard.index() > after.index();
    }
    if (filter instanceof ShardFilter.FromTime from) {
      return shard.isOpenSince(from.millis());
    }
    if (filter instanceof ShardFilter.AtTime at) {
      // At a time before the stream, or before its oldest record, the shards that come first.
      boolean begun = shard.createdMillis() <= at.millis() || isRoot(shard, horizon);
      return begun && shard.isOpenSince(at.millis());
    }
    return true;
  }

  private boolean isRoot(Shard shard, long horizon) {
    ShardState state = shard.state();
    return isPast(state.parent(), horizon) && isPast(state.adjacentParent(), horizon);
  }

  private boolean isPast(int index, long horizon) {
    Shard shard = shards.get(index);
    return shard == null || !shard.isOpenSince(horizon);
  }
}
