package io.headrace.lease;

import io.headrace.kcl.Shard;
import io.headrace.kcl.ShardId;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StreamId;
import io.headrace.lease.RosterPart.Standing;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The list of shards as this worker knows it, and its changes. It follows the lease rows: a shard's
 * standing only ever goes from waiting to runnable to ended, so that changes by several workers can
 * be merged in any order. Lives on the coordinator's loop.
 */
final class Roster {
  private final Desk desk;
  private final LongConsumer onRevisions;
  private final Map<StreamId, Parts> streams = new LinkedHashMap<>();
  private Runnable onChange = () -> {};
  private boolean reading;

  /** Null when it has to be made anew: a worker asks at each look, and mostly nothing is new. */
  private @Nullable List<ShardKey> runnable;

  /**
   * @param onRevisions told the sum of the revisions of all parts when it rose
   */
  Roster(Desk desk, LongConsumer onRevisions) {
    this.desk = desk;
    this.onRevisions = onRevisions;
  }

  void onChange(Runnable action) {
    onChange = action;
  }

  private static final class Parts {
    final TreeMap<Integer, Stored<RosterPart>> stored = new TreeMap<>();
    Map<ShardId, Standing> pending = new HashMap<>();
    List<Runnable> waiting = new ArrayList<>();
    final Set<ShardId> removed = new HashSet<>();
    boolean writing;

    /** Numbers behind the last part known at which something lies that can't be read. */
    int occupied;

    long revisions() {
      return stored.values().stream().mapToLong(Stored::revision).sum();
    }
  }

  void add(StreamId stream) {
    streams.put(stream, new Parts());
  }

  /** After a new life began: what was under way is forgotten. */
  void begin() {
    reading = false;
    for (var parts : streams.values()) {
      parts.writing = false;
      parts.waiting = new ArrayList<>();
      parts.pending = new HashMap<>();
      parts.removed.clear();
    }
  }

  /** Another worker knows a roster with these revisions. */
  void knownElsewhere(long revisions) {
    if (revisions > revisions() && !reading) {
      reading = true;
      Desk.join(
          streams.keySet().stream()
              .map(stream -> (java.util.function.Consumer<Runnable>) then -> read(stream, then))
              .toList(),
          () -> reading = false);
    }
  }

  private long revisions() {
    return streams.values().stream().mapToLong(Parts::revisions).sum();
  }

  /** Reads a stream's roster. */
  void read(StreamId stream, Runnable then) {
    desk.readUntilAnswered(
        () -> desk.table.roster(desk.application, stream),
        found -> {
          found.forEach(part -> learn(stream, part));
          then.run();
        });
  }

  private void learn(StreamId stream, Stored<RosterPart> part) {
    var parts = parts(stream);
    var known = parts.stored.get(part.item().part());
    if (known == null || part.revision() > known.revision()) {
      parts.stored.put(part.item().part(), part);
      runnable = null;
      onRevisions.accept(revisions());
      onChange.run();
    }
  }

  private Parts parts(StreamId stream) {
    var parts = streams.get(stream);
    if (parts == null) {
      throw new IllegalArgumentException("stream " + stream + " is none of this worker's");
    }
    return parts;
  }

  /** Whether the stream is one of this worker's. */
  boolean reads(StreamId stream) {
    return streams.containsKey(stream);
  }

  Set<StreamId> streams() {
    return streams.keySet();
  }

  Map<ShardId, Standing> of(StreamId stream) {
    var all = new HashMap<ShardId, Standing>();
    parts(stream).stored.values().forEach(part -> all.putAll(part.item().shards()));
    return all;
  }

  @Nullable Standing standing(ShardKey shard) {
    var parts = streams.get(shard.stream());
    Standing last = null;
    if (parts != null) {
      for (var part : parts.stored.values()) {
        var standing = part.item().shards().get(shard.shard());
        last = standing == null ? last : standing;
      }
    }
    return last;
  }

  /**
   * What a worker is told of a shard that it may run. Parents whose leases have ended are not
   * named: functions of that time have left their word in the child, and later ones would wait for
   * ever.
   */
  Shard describe(LeaseRow row) {
    var stream = row.shard().stream();
    var parents =
        row.parents().stream()
            .filter(parent -> standing(new ShardKey(stream, parent)) != Standing.ENDED)
            .toList();
    return new Shard(row.shard().shard(), parents, row.range());
  }

  /** Every shard that may be leased, in order: the same list until the roster changes. */
  List<ShardKey> runnable() {
    var known = runnable;
    if (known == null) {
      known = findRunnable();
      runnable = known;
    }
    return known;
  }

  private List<ShardKey> findRunnable() {
    var shards = new ArrayList<ShardKey>();
    streams.forEach(
        (stream, parts) ->
            parts.stored.values().stream()
                .flatMap(part -> part.item().shards().entrySet().stream())
                .filter(entry -> entry.getValue() == Standing.RUNNABLE)
                .forEach(entry -> shards.add(new ShardKey(stream, entry.getKey()))));
    shards.sort(ShardKeys.ORDER);
    return Collections.unmodifiableList(shards);
  }

  /** Stores standings; those that are stored already, or a later one, cost nothing. */
  void change(StreamId stream, Map<ShardId, Standing> changes, Runnable then) {
    var parts = parts(stream);
    changes.forEach((shard, standing) -> parts.pending.merge(shard, standing, Roster::later));
    parts.waiting.add(then);
    if (!parts.writing) {
      send(stream, parts);
    }
  }

  /** Takes shards out for good. */
  void remove(StreamId stream, Set<ShardId> shards) {
    var parts = parts(stream);
    parts.removed.addAll(shards);
    if (!parts.writing) {
      send(stream, parts);
    }
  }

  private static Standing later(Standing a, Standing b) {
    return a.compareTo(b) > 0 ? a : b;
  }

  /** Writes one part after the other until nothing is left to be changed. */
  private void send(StreamId stream, Parts parts) {
    var known = of(stream);
    parts
        .pending
        .entrySet()
        .removeIf(
            change -> {
              var now = known.get(change.getKey());
              return now != null && now.compareTo(change.getValue()) >= 0;
            });
    if (takeOut(stream, parts)) {
      return;
    }
    if (parts.pending.isEmpty()) {
      var waiters = parts.waiting;
      parts.waiting = new ArrayList<>();
      waiters.forEach(Runnable::run);
      return;
    }
    parts.writing = true;
    for (var part : parts.stored.values()) {
      var changes = new HashMap<>(parts.pending);
      changes.keySet().retainAll(part.item().shards().keySet());
      if (!changes.isEmpty()) {
        desk.update(
            part,
            part.item().with(changes),
            written -> {
              if (isGone(written)) {
                // Deleted or unreadable: its shards are entered in another part, or by the audit.
                drop(parts, part);
                parts.occupied = 0;
              }
              answered(stream, parts, written);
            });
        return;
      }
    }
    append(stream, parts);
  }

  /** Whether a write is under way that takes shards out. */
  private boolean takeOut(StreamId stream, Parts parts) {
    for (var part : parts.stored.values()) {
      if (part.item().shards().keySet().stream().anyMatch(parts.removed::contains)) {
        parts.writing = true;
        desk.update(
            part,
            part.item().without(parts.removed),
            written -> {
              if (isGone(written)) {
                drop(parts, part);
              }
              answered(stream, parts, written);
            });
        return true;
      }
    }
    parts.removed.clear();
    return false;
  }

  private void append(StreamId stream, Parts parts) {
    var last = parts.stored.lastEntry();
    int room = last == null ? 0 : RosterPart.SHARDS_MAX - last.getValue().item().shards().size();
    var added = new TreeMap<ShardId, Standing>();
    parts.pending.entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .limit(room > 0 ? room : RosterPart.SHARDS_MAX)
        .forEach(entry -> added.put(entry.getKey(), entry.getValue()));
    if (room > 0 && last != null) {
      var part = last.getValue();
      desk.update(
          part,
          part.item().with(added),
          written -> {
            if (isGone(written)) {
              drop(parts, part);
            }
            answered(stream, parts, written);
          });
    } else {
      int number = (last == null ? 0 : last.getKey() + 1) + parts.occupied;
      desk.create(
          new RosterPart(stream, number, added),
          written -> {
            parts.occupied = isGone(written) ? parts.occupied + 1 : 0;
            answered(stream, parts, written);
          });
    }
  }

  private void drop(Parts parts, Stored<RosterPart> part) {
    parts.stored.remove(part.item().part());
    runnable = null;
  }

  private static boolean isGone(Written<RosterPart> written) {
    return written instanceof Written.Refused<RosterPart> refused && refused.found() == null;
  }

  private void answered(StreamId stream, Parts parts, Written<RosterPart> written) {
    parts.writing = false;
    if (written instanceof Written.Applied<RosterPart> applied) {
      learn(stream, applied.now());
    } else if (written instanceof Written.Refused<RosterPart> refused && refused.found() != null) {
      learn(stream, refused.found());
    }
    if (!parts.writing) {
      send(stream, parts);
    }
  }
}
