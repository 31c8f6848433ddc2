package io.headrace.harness.fleet;

import io.headrace.function.KeptState;
import io.headrace.function.Window;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The windowed function of {@link TimedWorkload}, without a fleet: which windows there are, how
 * often each is told and with which sum, and what is left of them. Of what is told before a window
 * ends only the clock knows when, so of that it is seen that it tells of a part of its window, in
 * the order of its records, and before the telling whose revision it names. On the world's loop
 * only.
 */
final class WindowFold {
  /** A window of one key, and its records in the order in which they were added. */
  private record Folded(Instant start, Instant end, String sum, int told, boolean changed) {
    boolean meets(Folded other) {
      return start.isBefore(other.end) && other.start.isBefore(end);
    }

    Folded with(Folded other) {
      return new Folded(
          start.isBefore(other.start) ? start : other.start,
          end.isAfter(other.end) ? end : other.end,
          sum + other.sum,
          Math.max(told, other.told),
          true);
    }

    Folded afterTelling() {
      return new Folded(start, end, sum, told + 1, false);
    }

    String telling(String key) {
      var firing = told == 0 ? Window.Firing.ON_TIME : Window.Firing.LATE;
      return telling(key, start, sum, firing, told);
    }

    private static String telling(
        String key, Instant start, String sum, Window.Firing firing, int revision) {
      return key + " " + start + " " + sum + " " + firing + " " + revision;
    }
  }

  private final FleetPlan plan;
  private final List<String> wrong;
  private final EventTimes times;
  private final List<String> sent;
  private final Map<String, Map<Instant, Object>> open = new HashMap<>();
  private final List<String> expected = new ArrayList<>();

  /** By key the sums that windows have come to, each as often as it changed. */
  private final Map<String, List<Folded>> histories = new HashMap<>();

  WindowFold(FleetWorld world, SimulatedProcess heir, List<String> wrong) {
    this.plan = world.plan();
    this.wrong = wrong;
    times = world.times(TimedFunctions.SUMS);
    sent = List.copyOf(world.outputs().of(TimedFunctions.SUMS));
    heir.running().states(heir.nameOf(TimedFunctions.SUMS)).forEach(this::keep);
  }

  static String told(Window window, String sum) {
    return Folded.telling(window.key(), window.start(), sum, window.firing(), window.revision());
  }

  static String late(String key, long number) {
    return "late " + key + " " + number;
  }

  private void keep(KeptState kept) {
    var start = kept.window().orElseThrow().start();
    open.computeIfAbsent(kept.key(), k -> new TreeMap<>()).put(start, kept.value());
  }

  void check(String key, List<Puts.Put> puts) {
    var windows = new ArrayList<Folded>();
    for (var put : puts) {
      add(key, put, windows);
    }
    var must = times.ofShardWith(key);
    var may = times.ofKey(key);
    var left = new TreeMap<Instant, Object>();
    var found = open.getOrDefault(key, Map.of());
    for (var window : windows) {
      boolean isTold =
          !window.changed
              || isDue(window, must)
              || (isDue(window, may) && sent.contains(window.telling(key)));
      if (isTold && window.changed) {
        expected.add(window.telling(key));
      }
      boolean isGone =
          isTold
              && (isClosed(window, must)
                  || (isClosed(window, may) && !found.containsKey(window.start())));
      if (!isGone) {
        left.put(window.start(), window.sum());
      }
    }
    if (!left.equals(found)) {
      wrong.add("sums: the windows of " + key + " are " + found + ", and should be " + left);
    }
  }

  /** A window is due, and closed, for a record by the event time before it. */
  private void add(String key, Puts.Put put, List<Folded> windows) {
    var before = times.before(put);
    for (var window : List.copyOf(windows)) {
      if (window.changed && isDue(window, before)) {
        tell(key, window, windows);
      }
    }
    windows.removeIf(window -> isClosed(window, before));
    var alone = alone(EventTimes.timeOf(put), put.number());
    var joined =
        windows.stream()
            .filter(each -> each.meets(alone))
            .sorted(Comparator.comparing(Folded::start))
            .toList();
    if (joined.isEmpty() && isClosed(alone, before)) {
      expected.add(late(key, put.number()));
      return;
    }
    var made = joined.stream().reduce(Folded::with).map(all -> all.with(alone)).orElse(alone);
    windows.removeAll(joined);
    windows.add(made);
    histories.computeIfAbsent(key, k -> new ArrayList<>()).add(made);
    if (isDue(alone, before) && isDue(made, before)) {
      tell(key, made, windows);
    }
  }

  private void tell(String key, Folded window, List<Folded> windows) {
    expected.add(window.telling(key));
    windows.set(windows.indexOf(window), window.afterTelling());
  }

  private Folded alone(Instant time, long number) {
    if (TimedFunctions.sessions(plan)) {
      return new Folded(time, time.plus(TimedFunctions.GAP), number + ",", 0, true);
    }
    long millis = time.toEpochMilli();
    var start =
        Instant.ofEpochMilli(millis - Math.floorMod(millis, TimedFunctions.WINDOW.toMillis()));
    return new Folded(start, start.plus(TimedFunctions.WINDOW), number + ",", 0, true);
  }

  private static boolean isDue(Folded window, Instant time) {
    return !time.isBefore(window.end().plus(TimedFunctions.WAIT));
  }

  private boolean isClosed(Folded window, Instant time) {
    var until = window.end().plus(TimedFunctions.WAIT).plus(TimedFunctions.lateness(plan));
    return !time.isBefore(until);
  }

  void checkOutputs() {
    var early = " " + Window.Firing.EARLY + " ";
    TimedWorkload.compare(
        TimedFunctions.SUMS,
        expected,
        sent.stream().filter(each -> !each.contains(early)).toList(),
        wrong);
    var told = new HashSet<String>();
    for (var each : sent) {
      if (each.contains(early)) {
        checkEarly(each, told);
      } else if (!each.startsWith("late ")) {
        var words = each.split(" ", 5);
        told.add(words[0] + " " + words[1] + " " + words[4]);
      }
    }
  }

  /** It holds a sum that its window had, under the revision that was to come next. */
  private void checkEarly(String output, Set<String> told) {
    var words = output.split(" ", 5);
    var start = Instant.parse(words[1]);
    boolean isKnown =
        histories.getOrDefault(words[0], List.of()).stream()
            .anyMatch(
                each ->
                    each.start().equals(start)
                        && each.sum().equals(words[2])
                        && each.told() == Integer.parseInt(words[4]));
    if (!isKnown) {
      wrong.add("sums: \"" + output + "\" tells of what no window of the key has come to");
    }
    if (told.contains(words[0] + " " + words[1] + " " + words[4])) {
      wrong.add("sums: \"" + output + "\" comes behind the telling of its revision");
    }
  }
}
