package io.headrace.function;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The sessions that there are, as the lanes of their keys have made them. Changed by the worker
 * loop; a call reads those of its key, which nobody changes while it is first in its lane.
 */
final class Sessions {
  private static final Comparator<Windows.Span> BY_START =
      Comparator.comparing(Windows.Span::start).thenComparing(Windows.Span::end);

  private final Map<StateKey, List<Windows.Span>> ofKey = new ConcurrentHashMap<>();

  /** Those of a key, the earliest first. */
  List<Windows.Span> of(StateKey key) {
    return ofKey.getOrDefault(key, List.of());
  }

  void put(WindowKey session) {
    replace(session.key(), List.of(), session.span());
  }

  void remove(WindowKey session) {
    var left = new ArrayList<>(of(session.key()));
    left.remove(session.span());
    keep(session.key(), left);
  }

  /** One takes the place of others. */
  void replace(StateKey key, List<Windows.Span> others, Windows.Span by) {
    var left = new ArrayList<>(of(key));
    left.removeAll(others);
    left.remove(by);
    left.add(by);
    left.sort(BY_START);
    keep(key, left);
  }

  private void keep(StateKey key, List<Windows.Span> left) {
    if (left.isEmpty()) {
      ofKey.remove(key);
    } else {
      ofKey.put(key, List.copyOf(left));
    }
  }

  /** Those of each key that overlap one another, the earliest first: two parents held parts. */
  Map<StateKey, List<List<Windows.Span>>> torn() {
    var torn = new ConcurrentHashMap<StateKey, List<List<Windows.Span>>>();
    ofKey.forEach(
        (key, spans) -> {
          var groups = groups(spans).stream().filter(group -> group.size() > 1).toList();
          if (!groups.isEmpty()) {
            torn.put(key, groups);
          }
        });
    return torn;
  }

  private static List<List<Windows.Span>> groups(List<Windows.Span> spans) {
    var groups = new ArrayList<List<Windows.Span>>();
    var group = new ArrayList<Windows.Span>();
    for (var span : spans) {
      if (!group.isEmpty() && !union(group).overlaps(span)) {
        groups.add(List.copyOf(group));
        group.clear();
      }
      group.add(span);
    }
    groups.add(List.copyOf(group));
    return groups;
  }

  /** From where the first begins to where the last ends; of one at least. */
  static Windows.Span union(List<Windows.Span> spans) {
    return spans.stream().reduce(Windows.Span::with).orElseThrow();
  }
}
