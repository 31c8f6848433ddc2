package io.headrace.harness.fleet;

import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;

import io.headrace.function.FunctionRuntime;
import io.headrace.function.FunctionSpec;
import io.headrace.function.WakeUp;
import io.headrace.kcl.StreamSource;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.random.RandomGenerator;

/**
 * State of all kinds: small and large values by key, timers by both clocks, windows with late
 * records, and outputs of each. In the end a plain fold of what was put, key by key, says what
 * state and outputs must be.
 */
final class TimedWorkload implements Workload {
  /** Fewer than one large state: what is not in work is read again and again. */
  static final long SCARCE_BYTES = 4_096;

  /** A call may be under way when it is looked at. */
  private static final int LOOKS_MAX = 5;

  @Override
  public List<StreamSource> streams(FleetPlan plan) {
    return List.of(TimedFunctions.STREAM);
  }

  @Override
  public StreamSource streamOf(String function, FleetPlan plan) {
    return TimedFunctions.STREAM;
  }

  @Override
  public List<String> functions(FleetPlan plan) {
    return List.of(TimedFunctions.TALLY, TimedFunctions.SUMS);
  }

  @Override
  public List<FunctionSpec<?, ?>> specs(FleetWorld world, SimulatedProcess process) {
    return new TimedFunctions(world, process).specs();
  }

  /** Who is asked for all state in the end keeps it in memory. */
  @Override
  public void configure(FunctionRuntime runtime, FleetPlan plan, String workerId) {
    if (plan.keys() % 2 == 0 && !workerId.equals(FleetCourse.HEIR)) {
      runtime.stateMemory(SCARCE_BYTES);
    }
  }

  @Override
  public Optional<Duration> silence(String function, FleetPlan plan) {
    return TimedFunctions.silence(plan);
  }

  @Override
  public boolean renames(FleetPlan plan) {
    return TimedFunctions.renames(plan);
  }

  @Override
  public Workload.Item next(FleetWorld world, Feed feed, RandomGenerator random) {
    var key = "k" + random.nextInt(world.plan().keys());
    var record = new TimedRecord(key, feed.puts().nextNumber(key), feed.puts().all().size() + 1L);
    return new Workload.Item(key, encoded(record), ProbeRecord.Fate.OWN);
  }

  static byte[] encoded(TimedRecord record) {
    try {
      return TimedRecord.CODEC.encode(record);
    } catch (Exception impossible) {
      throw new AssertionError("numbers are always written", impossible);
    }
  }

  static long chainOf(String key, long records) {
    long chain = Tally.none(key).chain();
    for (long number = 1; number <= records; number++) {
      chain = Tally.chained(chain, number);
    }
    return chain;
  }

  private static String late(TimedRecord record) {
    return WindowFold.late(record.key(), record.number());
  }

  /** An output as it is compared: what came late is sent as it is. */
  @Override
  public String told(Object output) {
    return output instanceof TimedRecord record
        ? late(record)
        : TimedFunctions.withoutCall(String.valueOf(output));
  }

  @Override
  public List<String> wrongState(FleetWorld world, SimulatedProcess heir) {
    var wrong = wrongNow(world, heir);
    for (int look = 1; look < LOOKS_MAX && !wrong.isEmpty(); look++) {
      world.loop().advance(Duration.ofSeconds(1));
      wrong = wrongNow(world, heir);
    }
    return wrong;
  }

  private static List<String> wrongNow(FleetWorld world, SimulatedProcess heir) {
    var puts = world.feedOf(TimedFunctions.TALLY).puts();
    var byKey = new TreeMap<String, List<Puts.Put>>();
    puts.all().forEach(put -> byKey.computeIfAbsent(put.key(), k -> new ArrayList<>()).add(put));
    var wrong = new ArrayList<String>();
    if (isKnown(world, TimedFunctions.TALLY)) {
      var fold = new TallyFold(world, heir, wrong);
      byKey.forEach(fold::check);
      fold.checkOutputs();
    }
    if (isKnown(world, TimedFunctions.SUMS)) {
      var fold = new WindowFold(world, heir, wrong);
      byKey.forEach(fold::check);
      fold.checkOutputs();
    }
    return wrong;
  }

  @Override
  public boolean hasKnownOutputs(FleetWorld world, String function) {
    return isKnown(world, function);
  }

  /** A record that was lost may have moved the time of all keys. */
  private static boolean isKnown(FleetWorld world, String function) {
    return !world.deliveries().hasGaps(function);
  }

  /** Of what was sent and what was due: what is missing, repeated under other ids, or too much. */
  static void compare(
      String function, List<String> expected, Iterable<String> sent, List<String> wrong) {
    var left = new HashMap<String, Long>();
    sent.forEach(value -> left.merge(value, 1L, Long::sum));
    for (var value : expected) {
      if (left.merge(value, -1L, Long::sum) < 0) {
        wrong.add(function + ": output \"" + value + "\" is missing");
      }
    }
    left.forEach(
        (value, times) -> {
          if (times > 0) {
            wrong.add(function + ": output \"" + value + "\" came " + times + " times too often");
          }
        });
  }

  /** The keyed function, without a fleet. */
  private static final class TallyFold {
    private final List<String> wrong;
    private final SimulatedProcess heir;
    private final EventTimes times;
    private final List<String> sent;
    private final Map<String, Long> sentTimes;
    private final List<String> expected = new ArrayList<>();
    private final Map<String, List<WakeUp>> set = new HashMap<>();

    TallyFold(FleetWorld world, SimulatedProcess heir, List<String> wrong) {
      this.wrong = wrong;
      this.heir = heir;
      times = world.times(TimedFunctions.TALLY);
      sent = List.copyOf(world.outputs().of(TimedFunctions.TALLY));
      sentTimes = sent.stream().collect(groupingBy(value -> value, counting()));
      heir.running()
          .wakeUps(heir.nameOf(TimedFunctions.TALLY))
          .forEach(t -> set.computeIfAbsent(t.key(), k -> new ArrayList<>()).add(t));
    }

    void check(String key, List<Puts.Put> puts) {
      long chain = Tally.none(key).chain();
      var due = new TreeMap<String, Instant>();
      for (var put : puts) {
        long number = put.number();
        chain = Tally.chained(chain, number);
        expected.add(TimedFunctions.output(key, number, chain));
        if (TimedFunctions.setsEventTimer(number)) {
          due.put("e" + number, EventTimes.timeOf(put).plus(TimedFunctions.EVENT_DELAY));
        }
        if (TimedFunctions.setsWallTimer(number)) {
          due.put("w" + number, Instant.MIN);
        }
      }
      var fired = new TreeSet<String>();
      var waiting = new TreeSet<String>();
      for (var timer : List.copyOf(due.entrySet())) {
        var name = timer.getKey();
        boolean again =
            name.startsWith("e") && TimedFunctions.setsAgain(Long.parseLong(name.substring(1)));
        if (judge(key, name, timer.getValue(), fired, waiting) && again) {
          var then = timer.getValue().plus(TimedFunctions.AGAIN_DELAY);
          judge(key, "a" + name.substring(1), then, fired, waiting);
        }
      }
      long sum = fired.stream().mapToLong(Tally::sumOf).sum();
      var should = new Tally(chain, puts.size(), fired.size(), sum);
      var found = heir.running().stateOf(heir.nameOf(TimedFunctions.TALLY), key, key);
      if (!should.equals(found.orElse(null))) {
        wrong.add("tally: the state of " + key + " is " + found + ", and should be " + should);
      }
      var left = new TreeSet<String>();
      set.getOrDefault(key, List.of()).forEach(each -> left.add(each.name()));
      if (!left.equals(waiting)) {
        wrong.add("tally: the timers of " + key + " are " + left + ", and should be " + waiting);
      }
    }

    /** Whether it has fired, which it must have, may have, or may not have by now. */
    private boolean judge(
        String key, String name, Instant due, Set<String> fired, Set<String> waiting) {
      var output = TimedFunctions.fired(key, name);
      boolean wall = name.startsWith("w");
      boolean sentOnce = sentTimes.containsKey(output);
      // By a clock that was wrong it may have been sent, and a right one is not that far yet.
      boolean has = sentOnce && !(wall && isSet(key, name));
      if (sentOnce) {
        expected.add(output);
      }
      if (has && !wall && times.ofKey(key).isBefore(due)) {
        wrong.add("tally: timer " + name + " of " + key + " has fired before its time, " + due);
      } else if (!has && !wall && !times.ofShardWith(key).isBefore(due)) {
        wrong.add("tally: timer " + name + " of " + key + " has not fired, and was due " + due);
      }
      (has ? fired : waiting).add(name);
      return has;
    }

    private boolean isSet(String key, String name) {
      return set.getOrDefault(key, List.of()).stream().anyMatch(each -> each.name().equals(name));
    }

    void checkOutputs() {
      compare(TimedFunctions.TALLY, expected, sent, wrong);
    }
  }
}
