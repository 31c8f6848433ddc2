package io.headrace.checkpoint.state;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Where the entries of a space lie at one moment, from the newest layer to the oldest: whoever
 * looks takes one view, so that what moves from layer to layer meanwhile is not missed. Any thread;
 * only the worker loop changes {@code active}, or makes another view.
 *
 * @param active changed since the last snapshot; some are tombstones
 * @param frozen of snapshots that are not stored yet, the newest first
 * @param inline what the last stored root has by itself
 * @param cold runs of what is read when it is asked for, the newest first
 * @param resident runs of what is in memory anyhow, the newest first
 */
record View(
    Map<EntryKey, Slot> active,
    List<Frozen> frozen,
    Map<EntryKey, Slot> inline,
    List<Run> cold,
    List<Run> resident) {
  /** For so many entries there is room from the beginning, at most: 64 KB of it. */
  private static final int EXPECTED_MAX = 8_192;

  /**
   * What one snapshot has changed.
   *
   * @param bytes about what it takes of memory
   */
  record Frozen(long snapshot, Map<EntryKey, Slot> entries, long bytes) {}

  private static long weightOf(Map<EntryKey, Slot> entries) {
    long weight = 0;
    for (var slot : entries.values()) {
      weight += slot.weight();
    }
    return weight;
  }

  /** Of all snapshots that are not stored yet. */
  long frozenBytes() {
    long bytes = 0;
    for (var layer : frozen) {
      bytes += layer.bytes();
    }
    return bytes;
  }

  /** Of what changed since the last snapshot. */
  long activeBytes() {
    return weightOf(active);
  }

  /** Without some keys, which the runs that are given do not hold either; nothing is frozen. */
  View without(Predicate<EntryKey> gone, List<Run> newCold, List<Run> newResident) {
    active.keySet().removeIf(gone);
    var left = new HashMap<>(inline);
    left.keySet().removeIf(gone);
    return new View(active, frozen, left, newCold, newResident);
  }

  static View empty() {
    return new View(new ConcurrentHashMap<>(), List.of(), Map.of(), List.of(), List.of());
  }

  /** What is above all runs; null where these have to be asked. */
  @Nullable Slot above(EntryKey key) {
    var found = active.get(key);
    if (found != null) {
      return found;
    }
    for (var layer : frozen) {
      found = layer.entries().get(key);
      if (found != null) {
        return found;
      }
    }
    return inline.get(key);
  }

  /** All that is above the runs and was changed by that snapshot or before; never changed. */
  Map<EntryKey, Slot> changes(long snapshot) {
    if (inline.isEmpty() && frozen.size() == 1 && frozen.get(0).snapshot() <= snapshot) {
      return frozen.get(0).entries();
    }
    var all = new HashMap<>(inline);
    for (int i = frozen.size() - 1; i >= 0; i--) {
      if (frozen.get(i).snapshot() <= snapshot) {
        all.putAll(frozen.get(i).entries());
      }
    }
    return all;
  }

  /**
   * What changed by now is of this snapshot.
   *
   * @param bytes about what it takes of memory
   */
  View freeze(long snapshot, long bytes) {
    var layers = new ArrayList<Frozen>();
    layers.add(new Frozen(snapshot, active, bytes));
    layers.addAll(frozen);
    // About as much changes until the next snapshot as did until this one.
    var next = new ConcurrentHashMap<EntryKey, Slot>(Math.min(active.size(), EXPECTED_MAX));
    return new View(next, List.copyOf(layers), inline, cold, resident);
  }

  /**
   * As {@link #freeze}, when nothing is being stored: what could not be is one layer with what
   * changed since, however often it is tried again.
   */
  View freezeWithFailed(long snapshot, long bytes) {
    if (frozen.isEmpty()) {
      return freeze(snapshot, bytes);
    }
    var all = new HashMap<EntryKey, Slot>();
    for (int i = frozen.size() - 1; i >= 0; i--) {
      all.putAll(frozen.get(i).entries());
    }
    all.putAll(active);
    return new View(
        new ConcurrentHashMap<>(),
        List.of(new Frozen(snapshot, all, weightOf(all))),
        inline,
        cold,
        resident);
  }

  /** A snapshot, and all before it, are stored. */
  View stored(
      long snapshot, Map<EntryKey, Slot> newInline, List<Run> newCold, List<Run> newResident) {
    var left = frozen.stream().filter(layer -> layer.snapshot() > snapshot).toList();
    return new View(active, left, newInline, newCold, newResident);
  }

  View withRuns(List<Run> newCold, List<Run> newResident) {
    return new View(active, frozen, inline, newCold, newResident);
  }
}
