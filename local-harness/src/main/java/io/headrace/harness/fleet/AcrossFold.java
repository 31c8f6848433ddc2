package io.headrace.harness.fleet;

import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;

import io.headrace.function.Window;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A function of {@link AcrossWorkload}, without a fleet: what was put, by key and window. When
 * which window is told depends on how fast the shards of the input are read, so of that it is seen
 * that none is told before its time, all are told in time, and each telling has the records of the
 * one before and more; what a window has in the end is the fold's, once, but for what came late,
 * and that must lie late. On the world's loop only.
 */
final class AcrossFold {
  private final FleetWorld world;
  private final SimulatedProcess heir;
  private final String function;
  private final List<String> wrong;
  private final ThroughJudge through;
  private final List<Puts.Put> puts;
  private final Map<String, Long> sent;

  AcrossFold(FleetWorld world, SimulatedProcess heir, String function, List<String> wrong) {
    this.world = world;
    this.heir = heir;
    this.function = function;
    this.wrong = wrong;
    through = world.through(function);
    puts = world.feed(AcrossFunctions.INPUT.name()).puts().all();
    sent = world.outputs().of(function).stream().collect(groupingBy(value -> value, counting()));
    sent.forEach(
        (output, times) -> {
          if (times > 1) {
            wrong("output \"" + output + "\" came " + times + " times");
          }
        });
  }

  private void wrong(String what) {
    wrong.add(function + ": " + what);
  }

  private String keyOf(Puts.Put put) {
    return AcrossFunctions.keyOf(world.plan(), placeOf(put));
  }

  private static long placeOf(Puts.Put put) {
    return Long.parseLong(put.position().sequence().value());
  }

  void checkLedger() {
    var byKey = new TreeMap<String, List<Puts.Put>>();
    puts.forEach(put -> byKey.computeIfAbsent(keyOf(put), k -> new ArrayList<>()).add(put));
    var set = new HashMap<String, Set<String>>();
    heir.running()
        .wakeUps(heir.nameOf(function))
        .forEach(t -> set.computeIfAbsent(t.key(), k -> new TreeSet<>()).add(t.name()));
    var expected = new TreeSet<String>();
    byKey.forEach((key, all) -> checkLedger(key, all, set, expected));
    compare(expected);
  }

  private void checkLedger(
      String key, List<Puts.Put> all, Map<String, Set<String>> set, Set<String> expected) {
    var should = Ledger.NONE;
    var waiting = new TreeSet<String>();
    for (var put : all) {
      long place = placeOf(put);
      should = should.with(put.key(), place);
      expected.add(AcrossFunctions.output(key, place));
      if (!AcrossFunctions.setsTimer(place)) {
        continue;
      }
      var due = EventTimes.timeOf(put).plus(AcrossFunctions.EVENT_DELAY);
      var fired = AcrossFunctions.fired(key, "e" + place);
      if (sent.containsKey(fired)) {
        // That it was not too early was seen when it fired.
        should = should.fired("e" + place);
        expected.add(fired);
      } else {
        waiting.add("e" + place);
        if (!through.mustCome().isBefore(due)) {
          wrong("timer e" + place + " of " + key + " has not fired, and was due " + due);
        }
      }
    }
    var found = heir.running().stateOf(heir.nameOf(function), key, key);
    if (!should.equals(found.orElse(null))) {
      wrong("the state of " + key + " is " + found + ", and should be " + should);
    }
    var left = set.getOrDefault(key, new TreeSet<>());
    if (!left.equals(waiting)) {
      wrong("the timers of " + key + " are " + left + ", and should be " + waiting);
    }
  }

  private void compare(Set<String> expected) {
    for (var each : expected) {
      if (!sent.containsKey(each)) {
        wrong("output \"" + each + "\" is missing");
      }
    }
    for (var each : sent.keySet()) {
      if (!expected.contains(each)) {
        wrong("output \"" + each + "\" comes of no record");
      }
    }
  }

  /** A window of one key: the records that belong to it, and what became of them. */
  private static final class Span {
    final Map<Long, Puts.Put> records = new TreeMap<>();

    /** Sums, by revision. */
    final TreeMap<Integer, String> told = new TreeMap<>();
  }

  void checkSpans() {
    var spans = new TreeMap<String, Span>();
    for (var put : puts) {
      var name = keyOf(put) + " " + startOf(EventTimes.timeOf(put));
      spans.computeIfAbsent(name, n -> new Span()).records.put(placeOf(put), put);
    }
    for (var output : sent.keySet()) {
      if (!output.startsWith("late ")) {
        hear(output.split(" ", 5), spans, output);
      }
    }
    var open = new HashMap<String, String>();
    for (var kept : heir.running().states(heir.nameOf(function))) {
      var start = kept.window().orElseThrow().start();
      open.put(kept.key() + " " + start, String.valueOf(kept.value()));
    }
    spans.forEach((name, span) -> check(name, span, open.remove(name)));
    open.forEach((name, sum) -> wrong("window " + name + " holds " + sum + ", of no record"));
  }

  private void hear(String[] words, Map<String, Span> spans, String output) {
    var span = spans.get(words[0] + " " + words[1]);
    int revision = Integer.parseInt(words[4]);
    var due = revision == 0 ? Window.Firing.ON_TIME : Window.Firing.LATE;
    if (span == null
        || !words[3].equals(due.name())
        || span.told.putIfAbsent(revision, words[2]) != null) {
      wrong("output \"" + output + "\" is no telling of a window, or one of two of a revision");
    }
  }

  private static Instant startOf(Instant time) {
    long millis = time.toEpochMilli();
    long window = AcrossFunctions.WINDOW.toMillis();
    return Instant.ofEpochMilli(millis - Math.floorMod(millis, window));
  }

  private void check(String name, Span span, @Nullable String open) {
    var end = Instant.parse(name.split(" ", 2)[1]).plus(AcrossFunctions.WINDOW);
    var due = end.plus(AcrossFunctions.WAIT);
    var closed = due.plus(AcrossFunctions.lateness(world.plan()));
    checkTellings(name, span, open);
    var last = open != null ? open : span.told.isEmpty() ? "" : span.told.lastEntry().getValue();
    checkRecords(name, span, last, closed);
    if (last.isEmpty()) {
      return;
    }
    var must = through.mustCome();
    if (span.told.isEmpty() && !must.isBefore(due)) {
      wrong("window " + name + " is not told, and was due " + due + "; all have come to " + must);
    }
    if (open != null && !must.isBefore(closed)) {
      wrong("window " + name + " is kept, and was to be closed by " + closed);
    }
    if (open == null && through.mayHaveCome().isBefore(closed)) {
      wrong("window " + name + " is closed, and should be kept until " + closed);
    }
  }

  private void checkTellings(String name, Span span, @Nullable String open) {
    var before = "";
    int next = 0;
    for (var telling : span.told.entrySet()) {
      if (telling.getKey() != next++
          || !telling.getValue().startsWith(before)
          || telling.getValue().length() == before.length()) {
        wrong(
            "window "
                + name
                + " is told as "
                + span.told
                + ": each must have what was told, and more");
      }
      before = telling.getValue();
    }
    if (open != null && !span.told.isEmpty() && !open.equals(before)) {
      wrong("window " + name + " holds " + open + ", and was told as " + before);
    }
  }

  /** Each record once: in the sum, or sent as late, and then it must be. */
  private void checkRecords(String name, Span span, String sum, Instant closed) {
    var left = new TreeMap<>(span.records);
    var lastOfKey = new HashMap<String, Long>();
    for (var word : sum.split(",", -1)) {
      if (word.isEmpty()) {
        continue; // Behind the last comma.
      }
      long place = Long.parseLong(word);
      var put = left.remove(place);
      if (put == null) {
        wrong(
            "window "
                + name
                + " has record "
                + place
                + " twice, or it is not of the window: "
                + sum);
        continue;
      }
      var before = lastOfKey.put(put.key(), place);
      if (before != null && before > place) {
        wrong("window " + name + " has record " + before + " of " + put.key() + " before " + place);
      }
    }
    for (var put : left.values()) {
      long place = placeOf(put);
      var by = through.mayBeJudgedBy(put);
      if (!sent.containsKey("late " + place)) {
        wrong("record " + place + " is not in window " + name + ": " + sum + "; nor is it late");
      } else if (by.isBefore(closed)) {
        wrong(
            "record "
                + place
                + " was late for window "
                + name
                + ", closed by "
                + closed
                + "; before it event time had come to "
                + by);
      }
    }
    for (var place : span.records.keySet()) {
      if (!left.containsKey(place) && sent.containsKey("late " + place)) {
        wrong("record " + place + " is in window " + name + " and was late for it");
      }
    }
  }
}
