package io.headrace.function.through;

import io.headrace.kcl.Position;
import java.time.Instant;
import java.util.TreeMap;

/**
 * The highest event time before each place of a shard, as far as times are known, which become so
 * in any order. Only places at which the highest rises are kept, so that both questions take a
 * look-up. Any thread.
 */
final class Heights {
  /** Each has a higher time than the one before it. */
  private final TreeMap<Position, Instant> rises = new TreeMap<>();

  private Instant start = Instant.MIN;

  /** What was before all of them. */
  synchronized void beginAt(Instant time) {
    start = time;
  }

  /** Takes a time and answers the highest that is known before its place. */
  synchronized Instant take(Position position, Instant time) {
    var lower = rises.lowerEntry(position);
    var before = lower == null ? start : lower.getValue();
    if (time.isAfter(before)) {
      rises.put(position, time);
      var higher = rises.higherEntry(position);
      while (higher != null && !higher.getValue().isAfter(time)) {
        rises.remove(higher.getKey());
        higher = rises.higherEntry(position);
      }
    }
    return before;
  }

  /** No place before this one is asked for again. */
  synchronized void forgetBefore(Position position) {
    var floor = rises.floorKey(position);
    if (floor != null) {
      rises.headMap(floor, false).clear();
    }
  }
}
