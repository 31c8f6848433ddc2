package io.headrace.function.through;

import io.headrace.function.through.Envelope.Carried;
import io.headrace.function.through.Envelope.Mark;
import io.headrace.function.through.Envelope.Partial;
import io.headrace.kcl.ShardId;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StableCopy;
import io.headrace.kcl.StreamId;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What one shard of a through-stream has seen of the shards that write to it. All of it follows
 * from the records of the shard and of its ancestors in their order, so it is the same in every
 * run. Owned by the worker loop.
 *
 * <p>A record that was carried twice, as its sender crashed or its put was repeated, is found by
 * the place where it lies in the input. Senders repeat only what lies behind their last {@link
 * Mark}, so the places that are remembered are few: those behind it.
 */
public final class Upstreams {
  /**
   * How long a shard that has ended, and a letter that was played again, is remembered, by the
   * times at which records arrived: longer than any put is under way.
   */
  static final Duration REMEMBERED = Duration.ofHours(24);

  /** Of letters that were played again; the oldest are forgotten first. */
  static final int REPLAYED_MAX = 10_000;

  final Map<ShardKey, Upstream> shards = new TreeMap<>(Upstreams::byName);

  /** Streams whose shards are known. */
  final Set<StreamId> listed = new LinkedHashSet<>();

  /** Letters that were played again, and when their records arrived. */
  final LinkedHashMap<Source, Instant> replayed = new LinkedHashMap<>();

  Instant watermark = Instant.MIN;

  /** The highest event time that any mark told of, the end of time excepted. */
  Instant reached = Instant.MIN;

  /** Streams without whose list of shards the watermark stands still. */
  private final Set<String> inputs;

  /**
   * Of a shard in which nothing was seen yet.
   *
   * @param inputs the names of the streams that are carried on
   */
  public Upstreams(Collection<String> inputs) {
    this.inputs = StableCopy.of(inputs);
  }

  /**
   * As of the end of the parents: whatever a mark in one of them says lies before it in all others,
   * since they have all ended.
   */
  public void join(Upstreams parent) {
    parent.shards.forEach(
        (shard, theirs) -> {
          var ours = shards.get(shard);
          if (ours == null) {
            shards.put(shard, theirs.copy());
          } else {
            ours.join(theirs);
          }
        });
    listed.addAll(parent.listed);
    parent.replayed.forEach(replayed::putIfAbsent);
    reach(parent.reached);
    // Each parent knew what was due by then; the next mark moves it.
    watermark = watermark.equals(Instant.MIN) ? parent.watermark : min(watermark, parent.watermark);
  }

  /**
   * Whether a record is seen for the first time, and remembers it.
   *
   * @param arrivedAt when the through-stream took it
   */
  public boolean isNew(Carried carried, Instant arrivedAt) {
    var source = carried.source();
    if (carried.replayed()) {
      forgetReplayed(arrivedAt);
      return replayed.putIfAbsent(source, arrivedAt) == null;
    }
    return shards.computeIfAbsent(source.shard(), shard -> new Upstream()).isNew(source.position());
  }

  /** What is known of the records of a partial sum. */
  public enum Standing {
    /** None of them was seen before; now all were. */
    NEW,
    /** All were: it was put twice, or by a worker that had lost the shard. */
    SEEN,
    /** Some were. What the others come to by themselves is not known here. */
    SEEN_IN_PART
  }

  /** Whether the records of a partial sum are seen for the first time: if so, remembers them. */
  public Standing take(Partial partial) {
    var from = shards.computeIfAbsent(partial.from(), shard -> new Upstream());
    var places = partial.places();
    long known = places.stream().filter(from::isKnown).count();
    if (known > 0) {
      return known == places.size() ? Standing.SEEN : Standing.SEEN_IN_PART;
    }
    from.seen.addAll(places);
    return Standing.NEW;
  }

  /**
   * Takes a mark.
   *
   * @param arrivedAt when the through-stream took it
   * @return whether the watermark moved
   */
  public boolean take(Mark mark, Instant arrivedAt) {
    if (!mark.roster().isEmpty()) {
      takeRoster(mark, arrivedAt);
    }
    var from = shards.computeIfAbsent(mark.from(), shard -> new Upstream());
    from.counts = from.counts || from.endedAt == null;
    from.take(mark.through(), mark.watermark());
    reach(mark.reached());
    from.silent = mark.silent();
    shards
        .values()
        .removeIf(
            each -> each.endedAt != null && !each.endedAt.plus(REMEMBERED).isAfter(arrivedAt));
    return advance();
  }

  /** Up to which event time all inputs are read; never falls. */
  public Instant watermark() {
    return watermark;
  }

  /**
   * The highest event time that was told of any shard, those that have ended included: how far the
   * inputs had come when nothing more comes.
   */
  public Instant reached() {
    return reached;
  }

  void reach(Instant time) {
    if (time.isAfter(reached) && time.isBefore(Instant.MAX)) {
      reached = time;
    }
  }

  /** How many places of records are remembered. */
  public int remembered() {
    return replayed.size() + shards.values().stream().mapToInt(each -> each.seen.size()).sum();
  }

  private boolean advance() {
    for (var input : inputs) {
      if (listed.stream().noneMatch(stream -> stream.name().equals(input))) {
        return false;
      }
    }
    var lowest = Instant.MAX;
    var highest = Instant.MIN;
    boolean allSilent = true;
    for (var each : shards.values()) {
      if (each.counts && !each.silent) {
        allSilent = false;
        lowest = min(lowest, each.watermark);
      } else if (each.counts) {
        // Children go on from the lowest of their parents, and what those told is over as well.
        highest = max(each.watermark, max(highest, reached));
      }
    }
    var now = allSilent ? highest : lowest;
    if (!now.isAfter(watermark)) {
      return false;
    }
    watermark = now;
    return true;
  }

  /**
   * A shard runs when its parents have ended, so who hears from it knows that they have, and counts
   * all their children: what one of these sends late must not be late for that.
   */
  private void takeRoster(Mark mark, Instant arrivedAt) {
    var stream = mark.from().stream();
    var parents = new HashMap<ShardId, List<ShardId>>();
    mark.roster().forEach(each -> parents.put(each.shard(), each.parents()));
    if (listed.add(stream)) {
      forgetFormer(stream, arrivedAt);
      for (var each : mark.roster()) {
        if (each.parents().stream().noneMatch(parents::containsKey)) {
          count(new ShardKey(stream, each.shard()), Instant.MIN);
        }
      }
    }
    var past = ancestors(mark.from().shard(), parents);
    for (var each : mark.roster()) {
      var key = new ShardKey(stream, each.shard());
      var inherited = inherited(stream, each.parents(), past);
      if (inherited != null) {
        count(key, inherited);
      }
    }
    for (var shard : past) {
      var known = shards.get(new ShardKey(stream, shard));
      if (known != null) {
        known.end(arrivedAt);
      }
    }
  }

  /** The lowest watermark of the parents that are past; null where none of them is known. */
  private @Nullable Instant inherited(StreamId stream, List<ShardId> parents, Set<ShardId> past) {
    Instant lowest = null;
    for (var parent : parents) {
      var known = past.contains(parent) ? shards.get(new ShardKey(stream, parent)) : null;
      if (known != null) {
        lowest = lowest == null ? known.watermark : min(lowest, known.watermark);
      }
    }
    return lowest;
  }

  private void count(ShardKey shard, Instant from) {
    var each = shards.computeIfAbsent(shard, any -> new Upstream());
    if (each.endedAt == null) {
      each.counts = true;
      each.take(null, from);
    }
  }

  /** A stream that was deleted and made again says nothing of the first any more. */
  private void forgetFormer(StreamId stream, Instant arrivedAt) {
    shards.forEach(
        (shard, each) -> {
          var other = shard.stream();
          if (other.name().equals(stream.name()) && other.created().isBefore(stream.created())) {
            each.end(arrivedAt);
          }
        });
  }

  private static Set<ShardId> ancestors(ShardId of, Map<ShardId, List<ShardId>> parents) {
    var found = new HashSet<ShardId>();
    var open = new ArrayDeque<>(parents.getOrDefault(of, List.of()));
    while (!open.isEmpty()) {
      var next = open.pop();
      if (found.add(next)) {
        open.addAll(parents.getOrDefault(next, List.of()));
      }
    }
    return found;
  }

  private void forgetReplayed(Instant now) {
    var each = replayed.entrySet().iterator();
    while (each.hasNext()) {
      boolean old = !each.next().getValue().plus(REMEMBERED).isAfter(now);
      if (!old && replayed.size() < REPLAYED_MAX) {
        return;
      }
      each.remove();
    }
  }

  private static int byName(ShardKey one, ShardKey other) {
    return one.key().compareTo(other.key());
  }

  private static Instant max(Instant one, Instant other) {
    return one.isAfter(other) ? one : other;
  }

  private static Instant min(Instant one, Instant other) {
    return one.isBefore(other) ? one : other;
  }
}
