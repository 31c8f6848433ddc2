package io.headrace.function;

import io.headrace.checkpoint.state.StateOrigin;
import io.headrace.checkpoint.state.StateSpace;
import io.headrace.kcl.HashRange;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How far event time had come, in the shard and in those it comes from, when their input ended. A
 * timer that is due later was fired by the end alone. Kept beside event time in the commit: what
 * such a timer wishes must not depend on when its call runs. Owned by the worker loop.
 */
final class InputEnds {
  /** The note of a commit. */
  private static final String NOTE = "ends";

  /** For each range of keys that had an end: the highest event time before it. */
  private final Map<HashRange, Instant> reached = new LinkedHashMap<>();

  void restore(List<StateOrigin> origins) {
    for (var origin : origins) {
      var note = origin.notes().get(NOTE);
      if (note != null) {
        ClockBytes.read(note).floors().forEach(end -> add(end.range(), end.watermark()));
      }
    }
  }

  /** The input of these keys has ended; of several ends the latest counts. */
  void add(HashRange range, Instant highest) {
    reached.merge(range, highest, WindowClock::later);
  }

  /** Says it in the next commit. */
  void note(StateSpace space) {
    if (!reached.isEmpty()) {
      var floors = new ArrayList<StateChunk.Floor>();
      reached.forEach((range, highest) -> floors.add(new StateChunk.Floor(range, highest)));
      space.note(NOTE, new WindowClock.Reading(Instant.MIN, floors, Map.of()).write());
    }
  }

  /** The highest event time before the end of the input; null where it has not ended. */
  @Nullable Instant before(String partitionKey) {
    if (reached.isEmpty()) {
      return null;
    }
    var hash = HashRange.hashOf(partitionKey);
    Instant highest = null;
    for (var end : reached.entrySet()) {
      if (end.getKey().holds(hash)) {
        highest = highest == null ? end.getValue() : WindowClock.later(highest, end.getValue());
      }
    }
    return highest;
  }
}
