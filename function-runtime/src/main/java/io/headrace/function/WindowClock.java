package io.headrace.function;

import io.headrace.checkpoint.state.StateOrigin;
import io.headrace.kcl.HashRange;
import io.headrace.kcl.Position;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Event time of one shard. The watermark is the latest event time admitted, in the shard's order,
 * and never falls. Whether a record is late is judged once, against the watermark of its own place:
 * what was admitted and not finished keeps that watermark through a commit, so a redelivered record
 * is judged as it was at first. Owned by the worker loop.
 */
final class WindowClock {
  /**
   * Event time as a commit has it.
   *
   * @param floors watermarks of parts of the range that are ahead, left by a merge
   * @param pending admitted records that were not finished, with the watermark of their place
   */
  record Reading(Instant watermark, List<StateChunk.Floor> floors, Map<Position, Instant> pending) {
    byte[] write() {
      return ClockBytes.write(this);
    }
  }

  private Instant watermark = Instant.MIN;
  private List<StateChunk.Floor> floors = List.of();

  /** Admitted, not finished: the watermark of their place. */
  private final Map<Position, Instant> pending = new LinkedHashMap<>();

  /** Pending at the restored commit and not handed over again since. */
  private final Map<Position, Instant> awaited = new LinkedHashMap<>();

  private boolean allHaveCome;
  private boolean inAnyOrder;

  /**
   * Records come in another order than they lie in the shard, so that one says nothing of those
   * before it: which of them come no more is told by {@link #awaitsNoMore}.
   */
  void comeInAnyOrder() {
    inAnyOrder = true;
  }

  /**
   * Takes over from the commits of this shard or of its parents. The watermark of a merge is the
   * lower one; the keys of the parent that is ahead keep its own as their floor.
   */
  void restore(List<StateOrigin> origins, int expected) {
    var chunks = new ArrayList<Reading>();
    var ahead = new ArrayList<StateChunk.Floor>();
    for (var origin : origins) {
      var reading = ClockBytes.read(origin.notes().get(HandlerState.CLOCK));
      chunks.add(reading);
      ahead.add(new StateChunk.Floor(origin.range(), reading.watermark()));
      ahead.addAll(reading.floors());
    }
    Instant lowest = chunks.size() < expected ? Instant.MIN : Instant.MAX;
    for (var chunk : chunks) {
      lowest = min(lowest, chunk.watermark());
      awaited.putAll(chunk.pending());
    }
    watermark = chunks.isEmpty() ? Instant.MIN : lowest;
    floors = stillAhead(ahead);
  }

  /**
   * The watermark by which a record is judged; called in the shard's order. Not for a letter that
   * is played again, which comes out of turn and is judged by {@link #watermark}.
   */
  Instant admit(Position position) {
    var before = awaited.remove(position);
    if (before == null && !awaited.isEmpty() && !inAnyOrder) {
      // Records come in order: those that lie before this one are gone from the stream.
      awaited.keySet().removeIf(each -> each.compareTo(position) < 0);
    }
    var judged = before != null ? before : watermark;
    pending.put(position, judged);
    return judged;
  }

  /** Whether windows must stay open, as records admitted before the commit are still to come. */
  boolean isWaiting() {
    return !allHaveCome && !awaited.isEmpty();
  }

  /**
   * All that the shard has was admitted: what is still awaited was trimmed, or is filtered by now.
   * Its place is kept, as it may wait for an operator.
   *
   * @return whether it was waited for until now
   */
  boolean haveAllCome() {
    boolean waited = isWaiting();
    allHaveCome = true;
    return waited;
  }

  /** A record that will not be handed over again. */
  void awaitsNoMore(Position position) {
    awaited.remove(position);
  }

  void finished(Position position) {
    pending.remove(position);
  }

  /** Whether the watermark moved. */
  boolean advance(Instant time) {
    if (!time.isAfter(watermark)) {
      return false;
    }
    watermark = time;
    floors = stillAhead(floors);
    return true;
  }

  Instant watermark() {
    return watermark;
  }

  /**
   * From where event time may go on by itself; null before the first record and behind an end of
   * the input. Of a merge with a parent that never had a record, from where the other one is.
   */
  @Nullable Instant goesOnFrom() {
    var from = watermark;
    if (from.equals(Instant.MIN)) {
      for (var floor : floors) {
        from = from.equals(Instant.MIN) ? floor.watermark() : min(from, floor.watermark());
      }
    }
    return from.isAfter(Instant.MIN) && from.isBefore(Instant.MAX) ? from : null;
  }

  /** A watermark as it counts for one key. */
  Instant forKey(Instant judged, String partitionKey) {
    var highest = judged;
    if (!floors.isEmpty()) {
      var hash = HashRange.hashOf(partitionKey);
      for (var floor : floors) {
        if (floor.range().holds(hash) && floor.watermark().isAfter(highest)) {
          highest = floor.watermark();
        }
      }
    }
    return highest;
  }

  /** With both what is in work and what is awaited as pending: neither is finished. */
  Reading reading() {
    var all = new LinkedHashMap<>(awaited);
    all.putAll(pending);
    return new Reading(watermark, floors, all);
  }

  /** As {@link #reading}, once event time will have come so far. */
  Reading readingAt(Instant time) {
    var now = reading();
    return new Reading(later(time, now.watermark()), now.floors(), now.pending());
  }

  private List<StateChunk.Floor> stillAhead(List<StateChunk.Floor> some) {
    return some.stream().filter(floor -> floor.watermark().isAfter(watermark)).toList();
  }

  static Instant later(Instant one, Instant other) {
    return one.isAfter(other) ? one : other;
  }

  private static Instant min(Instant one, Instant other) {
    return one.isBefore(other) ? one : other;
  }
}
