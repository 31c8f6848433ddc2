package io.headrace.harness;

import io.headrace.function.DeadLetter;
import io.headrace.function.FunctionEvent;
import io.headrace.function.KeptState;
import io.headrace.function.OutputTap;
import io.headrace.function.RuntimeListener;
import io.headrace.function.Side;
import io.headrace.function.WakeUp;
import io.headrace.harness.RunResult.Difference;
import io.headrace.harness.RunResult.Sort;
import io.headrace.harness.RunResult.Trait;
import io.headrace.kcl.Position;
import io.headrace.kcl.ShardHandler.Outcome;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.WorkerEvent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Takes down what a run does, under names that do not depend on how it goes: a record is named by
 * its number in the scenario, since its shard differs after a split. On the thread of the harness.
 */
final class RunNotes implements OutputTap, RuntimeListener {
  /** Begins the ids of what windows tell before their end. */
  private static final String EARLY = "window:early/";

  private static final Pattern OF_RECORD = Pattern.compile("([^/]+)/[^/]+/(\\d+):\\d+");
  private static final String OF_WINDOW = "window/";

  /** What set it names a shard, which is another one after a split. */
  private static final Pattern OF_TIMER = Pattern.compile("(timer/[^/]*/[^/]*/[^/]*/[^/]*)/.*");

  private record Numbered(int number, String what) {}

  private final CrashPoints points;
  private final Map<InputStreams.Named, Numbered> records = new HashMap<>();
  private final TreeMap<Trait, Object> values = new TreeMap<>();
  private @Nullable Difference conflict;
  private @Nullable Throwable trouble;
  private boolean late;
  private boolean windows;

  RunNotes(CrashPoints points) {
    this.points = points;
  }

  /** A record of the scenario lies in the stream. */
  void lies(Scenario.Step.Put<?> put, InputStreams.Named where) {
    var what = "record " + put.number() + " (partition key " + put.partitionKey() + ")";
    records.put(where, new Numbered(put.number(), what));
  }

  @Override
  public void output(String function, @Nullable Side<?> side, String id, Object value) {
    if (id.startsWith(EARLY)) {
      return; // What is told early, and when, is another thing in each run.
    }
    int hash = id.lastIndexOf('#');
    var source = source(id.substring(0, hash));
    int index = Integer.parseInt(id.substring(hash + 1));
    late |= source.number() != Integer.MAX_VALUE && side != null;
    var what =
        "output "
            + (index + 1)
            + " of "
            + source.what()
            + (side == null ? "" : " to side " + side.name());
    // What comes before the others is behind the one before.
    if (index == 0 && points.pass("before the sending of " + what)) {
      return;
    }
    note(new Trait(source.number(), Sort.OUTPUT, what), value);
    points.pass("behind the sending of " + what);
  }

  @Override
  public void deadLetter(DeadLetter letter) {
    var source = source(letter.id());
    var what = "the dead letter of " + source.what();
    if (points.pass("before " + what)) {
      return;
    }
    note(new Trait(source.number(), Sort.LETTER, "the code of " + what), letter.code());
    points.pass("behind " + what + ", before the commit");
  }

  @Override
  public void on(Object whatHappened) {
    if (whatHappened instanceof WorkerEvent.Settled settled) {
      if (settled.outcome() != Outcome.PARKED) { // That is no end: the function tells of it later.
        finished(settled.shard(), settled.position(), settled.outcome());
      }
    } else if (whatHappened instanceof FunctionEvent.ParkedSettled settled) {
      finished(settled.shard(), settled.position(), settled.outcome());
    } else if (whatHappened instanceof WorkerEvent.Retrying retrying) {
      trouble = retrying.cause();
    } else if (whatHappened instanceof FunctionEvent.LateDropped) {
      late = true;
    }
  }

  private void finished(ShardKey shard, Position position, Outcome outcome) {
    var where = new InputStreams.Named(shard.stream().name(), position.sequence().value());
    var record = records.get(where);
    if (record != null) {
      values.put(outcomeOf(record), outcome.name());
    }
  }

  /** What the function keeps at the end. */
  void keeps(List<KeptState> states) {
    for (var state : states) {
      windows |= state.window().isPresent();
      var key =
          state.key().equals(state.partitionKey())
              ? "key " + state.key()
              : "key " + state.key() + " (partition key " + state.partitionKey() + ")";
      var what =
          state
              .window()
              .map(
                  window -> "the sum of " + key + " from " + window.start() + " to " + window.end())
              .orElse("the last state of " + key);
      values.put(new Trait(Integer.MAX_VALUE, Sort.STATE, what), state.value());
    }
  }

  /** Which timers are left; when one by the worker's clock was set differs from run to run. */
  void awaits(List<WakeUp> wakeUps) {
    for (var timer : wakeUps) {
      var what = "the timer " + timer.name() + " of key " + timer.key();
      Object due = timer.clock() == WakeUp.Clock.EVENT ? timer.due() : timer.clock();
      values.put(new Trait(Integer.MAX_VALUE, Sort.STATE, what), due);
    }
  }

  /** What the function did outside; collections are copied, as the next run may clear them. */
  void outside(String what, Object value) {
    var copy = Objects.requireNonNull(copied(value));
    values.put(new Trait(Integer.MAX_VALUE, Sort.OUTSIDE, what), copy);
  }

  /** The first record without an outcome. */
  Optional<String> unfinished() {
    return records.values().stream()
        .filter(record -> !values.containsKey(outcomeOf(record)))
        .min((a, b) -> Integer.compare(a.number(), b.number()))
        .map(Numbered::what);
  }

  /** What the worker retried last, such as state that can't be read. */
  Optional<String> trouble() {
    return Optional.ofNullable(trouble)
        .map(
            thrown ->
                thrown.getCause() == null ? thrown.toString() : thrown + ": " + thrown.getCause());
  }

  /** Records came after their window was closed; may say so of other records of sides, too. */
  boolean isLate() {
    return late;
  }

  boolean hasWindows() {
    return windows;
  }

  RunResult result() {
    return new RunResult(values, Optional.ofNullable(conflict));
  }

  private void note(Trait trait, Object value) {
    var former = values.putIfAbsent(trait, value);
    if (former != null && conflict == null && !Objects.deepEquals(former, value)) {
      conflict =
          new Difference(
              trait.what()
                  + " is sent as "
                  + RunResult.shown(former)
                  + " and again as "
                  + RunResult.shown(value));
    }
  }

  private static Trait outcomeOf(Numbered record) {
    return new Trait(record.number(), Sort.OUTCOME, "the outcome of " + record.what());
  }

  private Numbered source(String id) {
    var parts = OF_RECORD.matcher(id);
    var known =
        parts.matches()
            ? records.get(new InputStreams.Named(parts.group(1), parts.group(2)))
            : null;
    if (known == null && id.startsWith(OF_WINDOW)) {
      windows = true;
      var window = id.substring(OF_WINDOW.length()).replace("/", " ");
      return new Numbered(Integer.MAX_VALUE, "window " + window);
    }
    var timer = OF_TIMER.matcher(id);
    if (timer.matches()) {
      return new Numbered(Integer.MAX_VALUE, timer.group(1).replace("/", " "));
    }
    return known != null ? known : new Numbered(Integer.MAX_VALUE, id);
  }

  private static @Nullable Object copied(@Nullable Object value) {
    if (value instanceof Map<?, ?> map) {
      var copy = new LinkedHashMap<@Nullable Object, @Nullable Object>();
      map.forEach((key, each) -> copy.put(key, copied(each)));
      return copy;
    }
    if (value instanceof Set<?> set) {
      var copy = new LinkedHashSet<@Nullable Object>();
      set.forEach(each -> copy.add(copied(each)));
      return copy;
    }
    if (value instanceof List<?> list) {
      var copy = new ArrayList<@Nullable Object>();
      list.forEach(each -> copy.add(copied(each)));
      return copy;
    }
    return value instanceof byte[] bytes ? Arrays.copyOf(bytes, bytes.length) : value;
  }
}
