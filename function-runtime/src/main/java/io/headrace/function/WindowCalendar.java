package io.headrace.function;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * Which windows of a run are to be told, and which to be forgotten, by their ends. Pure
 * bookkeeping, owned by the worker loop.
 *
 * <p>A session stands here by its end alone, under the span that its last record has by itself:
 * where it began is known in the lane of its key.
 */
final class WindowCalendar {
  private static final Comparator<WindowKey> BY_END =
      Comparator.comparing(window -> window.span().end());

  /** Windows that records were admitted to and that are not due yet, by end. */
  private final TreeMap<Instant, Set<WindowKey>> open = new TreeMap<>();

  /** Windows that are due already and were not told, or changed since: restored, or held. */
  private final Set<WindowKey> overdue = new LinkedHashSet<>();

  /** Windows that were put into their lanes to be told, and that take late records, by end. */
  private final TreeMap<Instant, Set<WindowKey>> told = new TreeMap<>();

  /** Of sessions, all of a key. */
  private final Map<StateKey, TreeSet<WindowKey>> ofKey = new HashMap<>();

  private final boolean sessions;

  WindowCalendar(boolean sessions) {
    this.sessions = sessions;
  }

  void opens(WindowKey window) {
    register(open, window);
  }

  void overdue(WindowKey window) {
    overdue.add(window);
    index(window);
  }

  void tells(WindowKey window) {
    register(told, window);
  }

  private void register(Map<Instant, Set<WindowKey>> where, WindowKey window) {
    where.computeIfAbsent(window.span().end(), end -> new LinkedHashSet<>()).add(window);
    index(window);
  }

  private void index(WindowKey window) {
    if (sessions) {
      ofKey.computeIfAbsent(window.key(), key -> new TreeSet<>(BY_END)).add(window);
    }
  }

  /** Whether any session of the key may be known. */
  boolean knows(StateKey key) {
    return ofKey.containsKey(key);
  }

  /** Whether any window waits for such a time, to be told or to be forgotten. */
  boolean owes(Predicate<Instant> due, Predicate<Instant> closed) {
    return (!open.isEmpty() && due.test(open.firstKey()))
        || (!told.isEmpty() && closed.test(told.firstKey()));
  }

  boolean hasOverdue() {
    return !overdue.isEmpty();
  }

  /** Takes a window out that was not told yet, or changed since; answers whether there was one. */
  boolean takeUntold(WindowKey window) {
    boolean was = takeUnindexed(window);
    unindex(window);
    return was;
  }

  private boolean takeUnindexed(WindowKey window) {
    boolean wasOverdue = overdue.remove(window);
    return takeFrom(open, window) || wasOverdue;
  }

  /** Takes the sessions of a key out that were not told yet and whose ends are such, in order. */
  List<WindowKey> takeUntold(StateKey key, Predicate<Instant> end) {
    return take(key, end, this::takeUnindexed);
  }

  /** Takes the sessions of a key out that were told and whose ends are such, in order. */
  List<WindowKey> takeTold(StateKey key, Predicate<Instant> end) {
    return take(key, end, window -> takeFrom(told, window));
  }

  private List<WindowKey> take(StateKey key, Predicate<Instant> end, Predicate<WindowKey> taking) {
    var all = ofKey.get(key);
    if (all == null || !end.test(all.first().span().end())) {
      return List.of();
    }
    var taken = new ArrayList<WindowKey>();
    for (var window : List.copyOf(all)) {
      if (end.test(window.span().end()) && taking.test(window)) {
        unindex(window);
        taken.add(window);
      }
    }
    return taken;
  }

  List<WindowKey> takeOverdue() {
    var all = List.copyOf(overdue);
    overdue.clear();
    all.forEach(this::unindex);
    return all;
  }

  List<WindowKey> takeOpen(Predicate<Instant> end) {
    return takeFirst(open, end);
  }

  List<WindowKey> takeTold(Predicate<Instant> end) {
    return takeFirst(told, end);
  }

  private List<WindowKey> takeFirst(
      NavigableMap<Instant, Set<WindowKey>> from, Predicate<Instant> end) {
    var taken = new ArrayList<WindowKey>();
    while (!from.isEmpty() && end.test(from.firstKey())) {
      Optional.ofNullable(from.pollFirstEntry()).ifPresent(each -> taken.addAll(each.getValue()));
    }
    taken.forEach(this::unindex);
    return taken;
  }

  /** There is no session of the key any more that ends then. */
  void forget(StateKey key, Instant end) {
    var all = ofKey.getOrDefault(key, new TreeSet<>(BY_END));
    var window = all.floor(new WindowKey(key, new Windows.Span(end, end)));
    if (window != null && window.span().end().equals(end)) {
      overdue.remove(window);
      takeFrom(open, window);
      takeFrom(told, window);
      unindex(window);
    }
  }

  private static boolean takeFrom(Map<Instant, Set<WindowKey>> from, WindowKey window) {
    var sameEnd = from.get(window.span().end());
    if (sameEnd == null || !sameEnd.remove(window)) {
      return false;
    }
    if (sameEnd.isEmpty()) {
      from.remove(window.span().end());
    }
    return true;
  }

  private void unindex(WindowKey window) {
    var all = ofKey.get(window.key());
    if (all == null || overdue.contains(window) || has(open, window) || has(told, window)) {
      return;
    }
    all.remove(window);
    if (all.isEmpty()) {
      ofKey.remove(window.key());
    }
  }

  private static boolean has(Map<Instant, Set<WindowKey>> where, WindowKey window) {
    return where.getOrDefault(window.span().end(), Set.of()).contains(window);
  }
}
