package io.headrace.harness.fleet;

import io.headrace.checkpoint.CheckpointStore;
import io.headrace.checkpoint.ChunkStore;
import io.headrace.checkpoint.ProgressKey;
import io.headrace.checkpoint.WriteAnswer;
import io.headrace.harness.fleet.Verdicts.Promise;
import io.headrace.kcl.CommitParts;
import io.headrace.kcl.Position;
import io.headrace.kcl.Progress;
import io.headrace.kcl.ShardId;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * How commits have moved event time in shards that were silent: the one thing about time that the
 * input does not tell, so the fold is told of it, by the place in the shard at which it was stored.
 * A move that no silence allows is a violation. On the world's loop only.
 */
final class SilenceJudge {
  /** What clocks of processes run off by at most, and more. */
  private static final double CLOCK = 0.99;

  private final Verdicts verdicts;
  private final Function<String, Feed> feeds;
  private final Function<String, Optional<Duration>> silences;
  private final ChunkStore chunks;
  private final Supplier<Instant> clock;

  /** By function, and by shard: from which place on event time has come so far. */
  private final Map<String, Map<ShardId, NavigableMap<Integer, Instant>>> moves = new HashMap<>();

  /**
   * @param silences how long a shard must be silent for the function; empty for ever
   */
  SilenceJudge(
      Verdicts verdicts,
      Function<String, Feed> feeds,
      Function<String, Optional<Duration>> silences,
      ChunkStore chunks,
      Supplier<Instant> clock) {
    this.verdicts = verdicts;
    this.feeds = feeds;
    this.silences = silences;
    this.chunks = chunks;
    this.clock = clock;
  }

  /** The event time of shards as the function's input and its commits have it, as of now. */
  EventTimes times(String function) {
    return new EventTimes(feeds.apply(function), moves.getOrDefault(function, Map.of()));
  }

  /** A commit or an end was carried out, or found that it had been. */
  void written(CheckpointStore.Write write, WriteAnswer answer) {
    var key = NameRoll.first(write.claim().key());
    var silence = silences.apply(key.function());
    if (silence.isEmpty() || !(answer instanceof WriteAnswer.Applied)) {
      return;
    }
    CommittedTime.of(partsOf(write), chunks)
        .ifPresent(time -> look(key, place(key, write.progress(), time), time, silence.get()));
  }

  private static CommitParts partsOf(CheckpointStore.Write write) {
    return write instanceof CheckpointStore.End end
        ? end.left().parts()
        : ((CheckpointStore.Commit) write).parts();
  }

  /** Of the first record that had not been let in. */
  private int place(ProgressKey key, Progress progress, CommittedTime time) {
    var puts = feeds.apply(key.function()).puts();
    int place = puts.covered(key.shard().shard(), progress).length();
    for (Position each : time.pending().keySet()) {
      var put = puts.at(each);
      if (put.shard().equals(key.shard())) {
        place = Math.max(place, put.place() + 1);
      }
    }
    return place;
  }

  private void look(ProgressKey key, int place, CommittedTime time, Duration silence) {
    var shard = key.shard().shard();
    var times = times(key.function());
    if (!time.watermark().isAfter(times.ofShardAt(shard, place, place))) {
      return;
    }
    var before = times.ofShardAt(shard, place, place - 1);
    moves
        .computeIfAbsent(key.function(), f -> new HashMap<>())
        .computeIfAbsent(shard, s -> new TreeMap<>())
        .merge(place, time.watermark(), (one, other) -> one.isAfter(other) ? one : other);
    var puts = feeds.apply(key.function()).puts().in(shard);
    if (place == 0 || before.equals(Instant.MIN)) {
      return; // It goes on from where a parent was.
    }
    var silentFor = Duration.between(puts.get(place - 1).at(), clock.get());
    var gone = Duration.between(before, time.watermark());
    if (silentFor.toNanos() < silence.toNanos() * CLOCK
        || silentFor.toNanos() < gone.toNanos() * CLOCK) {
      verdicts.broken(
          Promise.STATE_IS_EXACT,
          Names.of(key)
              + ": event time moves by "
              + gone
              + " behind record "
              + place
              + ", and nothing has come for "
              + silentFor);
    }
  }
}
