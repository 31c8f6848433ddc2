package io.headrace.harness.fleet;

import io.headrace.function.AsyncKeyedFunction;
import io.headrace.function.Destination;
import io.headrace.function.Event;
import io.headrace.function.FunctionSpec;
import io.headrace.function.Input;
import io.headrace.function.KeyParking;
import io.headrace.function.Keys;
import io.headrace.function.Next;
import io.headrace.function.Output;
import io.headrace.function.RetryPolicy;
import io.headrace.function.Side;
import io.headrace.function.WakeUp;
import io.headrace.function.Window;
import io.headrace.function.WindowFunction;
import io.headrace.function.Windows;
import io.headrace.harness.fleet.Verdicts.Promise;
import io.headrace.kcl.Position;
import io.headrace.kcl.StreamSource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * A keyed function with timers and a windowed one whose keys are none of the input's: each has a
 * through-stream of its own. Used by one process, on the world's loop.
 */
final class AcrossFunctions {
  static final String LEDGER = "ledger";
  static final String SPANS = "spans";

  /** Behind a function's name: the name of its through-stream. */
  static final String THROUGH = "-keys";

  static final StreamSource INPUT = StreamSource.kinesis("signals");

  static final Duration WINDOW = Duration.ofSeconds(10);
  static final Duration WAIT = Duration.ofSeconds(4);
  static final Duration EVENT_DELAY = Duration.ofSeconds(5);
  private static final Duration LATENESS = Duration.ofSeconds(6);
  private static final Side<TimedRecord> LATE = Side.named("late", TimedRecord.class);

  /** Soon and little, so that every bound is met. */
  private static final KeyParking PARKING =
      new KeyParking(Duration.ofSeconds(1), 8, 4 << 10, 3, 32 << 10);

  private static final RetryPolicy RETRY =
      RetryPolicy.forever().backingOff(Duration.ofMillis(100), Duration.ofSeconds(2));

  private final FleetWorld world;
  private final SimulatedProcess process;
  private int calls;

  AcrossFunctions(FleetWorld world, SimulatedProcess process) {
    this.world = world;
    this.process = process;
  }

  /** One of the two in most fleets: each is a second stage of its own. */
  static List<String> namesFor(FleetPlan plan) {
    return switch (drawn(plan, 0)) {
      case 0 -> List.of(LEDGER, SPANS);
      case 1 -> List.of(LEDGER);
      default -> List.of(SPANS);
    };
  }

  static StreamSource throughOf(String function) {
    return StreamSource.kinesis(function + THROUGH);
  }

  /** How long windows are kept that were told. */
  static Duration lateness(FleetPlan plan) {
    return drawn(plan, 1) % 2 == 0 ? LATENESS : Duration.ZERO;
  }

  /** Whether later deployments have other names for the functions. */
  static boolean renames(FleetPlan plan) {
    return drawn(plan, 2) == 0;
  }

  /** One of four, decided by the plan. */
  private static int drawn(FleetPlan plan, int which) {
    return (int) (Tally.mix(plan.hashCode() + 1L) >>> (16 + 2 * which)) & 3;
  }

  /** A key that has nothing to do with the partition key. */
  static String keyOf(FleetPlan plan, long place) {
    return "k" + Math.floorMod(Tally.mix(31 * place), plan.keys());
  }

  static boolean setsTimer(long place) {
    return place % 3 == 0;
  }

  List<FunctionSpec<?, ?>> specs() {
    var specs = new ArrayList<FunctionSpec<?, ?>>();
    for (var function : namesFor(world.plan())) {
      specs.add(function.equals(LEDGER) ? ledger() : spans());
    }
    return specs;
  }

  private FunctionSpec<?, ?> ledger() {
    return named(LEDGER)
        .retrying(RETRY.parkingKeys(PARKING))
        .keyedBy(keys(LEDGER), Ledger.CODEC)
        .handledAsyncBy(Ledgers::new, to("ledgers"));
  }

  private FunctionSpec<?, ?> spans() {
    var windows =
        Windows.tumbling(WINDOW).waiting(WAIT).allowing(lateness(world.plan())).lateTo(LATE);
    return named(SPANS)
        .retrying(RETRY)
        .sendingSide(LATE, Destination.stream("late", TimedRecord.CODEC, TimedRecord::key))
        .windowedBy(keys(SPANS), windows, new Text())
        .handledBy(Spans::new, to("spans"));
  }

  private FunctionSpec.Reading<TimedRecord> named(String function) {
    var plan = world.plan();
    var name = process.nameOf(function);
    var reading =
        FunctionSpec.named(name)
            .reading(Input.of(INPUT, TimedRecord.CODEC).timedBy(TimedRecord::time))
            .batching(plan.batchMax(), Duration.ofMillis(50))
            .inFlight(plan.inFlight());
    return name.equals(function) ? reading : reading.migratesFrom(function);
  }

  private Keys<TimedRecord> keys(String function) {
    var plan = world.plan();
    return Keys.across(record -> keyOf(plan, record.place()), throughOf(function).name());
  }

  private static Destination<String> to(String stream) {
    return Destination.stream(stream, new Text(), value -> value.split(" ", 2)[0]);
  }

  static String output(String key, long place) {
    return key + " " + place;
  }

  static String fired(String key, String timer) {
    return key + " " + timer;
  }

  static String late(String key, long place) {
    return "late " + key + " " + place;
  }

  /** One telling of a window: {@code key start sum firing revision}. */
  static String told(Window window, String sum) {
    return window.key()
        + " "
        + window.start()
        + " "
        + sum
        + " "
        + window.firing()
        + " "
        + window.revision();
  }

  private String byThisCall(String output) {
    return output + TimedFunctions.CALL + process.name() + "." + ++calls;
  }

  /** The record is known by where it lies in the input; where the call runs, by its copies. */
  private Puts.Put begin(String function, Event<TimedRecord> event) throws IOException {
    var source = world.feed(INPUT.name()).puts().at(Position.of(event.id().sequence()));
    var copies = world.through(function).copiesOf(source);
    if (copies.isEmpty()) {
      throw new AssertionError("record " + source.position() + " is handled and was never carried");
    }
    var put =
        copies.stream()
            .filter(copy -> process.tokens().containsKey(process.whereItRuns(leg(function), copy)))
            .findFirst()
            .orElse(copies.get(0));
    process.begins(leg(function), put, event.attempt().fencingToken());
    world.mood().failNowAndThen(put.key());
    return source;
  }

  private static String leg(String function) {
    return AcrossWorkload.leg(function, throughOf(function));
  }

  private void broken(String what) {
    world.verdicts().broken(Promise.STATE_IS_EXACT, process.name() + ", " + what);
  }

  /** Knows of each record which one of its partition key it must have seen last. */
  private final class Ledgers implements AsyncKeyedFunction<TimedRecord, Ledger, String> {
    @Override
    public Ledger initial(String key) {
      return Ledger.NONE;
    }

    @Override
    public CompletionStage<Next<Ledger>> handle(
        Ledger state, Event<TimedRecord> event, Output<String> out) throws IOException {
      var source = begin(LEDGER, event);
      var record = event.value();
      var key = keyOf(world.plan(), record.place());
      var former = world.through(LEDGER).former(source);
      long due = former == null ? 0 : Long.parseLong(former.position().sequence().value());
      long last = state.last().getOrDefault(record.key(), 0L);
      if (last != due && AcrossWorkload.isKnown(world, LEDGER)) {
        broken(
            "ledger: record "
                + record.place()
                + " ("
                + record.key()
                + ", carried to "
                + key
                + ") meets a state with record "
                + last
                + " of its partition key, and should meet one with record "
                + due);
      }
      var next = Next.state(state.with(record.key(), record.place()));
      if (setsTimer(record.place())) {
        next = next.wakeAt("e" + record.place(), event.time().plus(EVENT_DELAY));
      }
      return LateAnswers.of(process, out, byThisCall(output(key, record.place())), next);
    }

    @Override
    public CompletionStage<Next<Ledger>> onTimer(Ledger state, WakeUp timer, Output<String> out)
        throws IOException {
      world.trace().tell(process.name(), "ledger wakes " + timer.key() + " by " + timer.name());
      world.mood().failNowAndThen(timer.key());
      isDue(LEDGER, timer.name() + " of " + timer.key(), timer.due());
      return LateAnswers.of(
          process,
          out,
          byThisCall(fired(timer.key(), timer.name())),
          Next.state(state.fired(timer.name())));
    }
  }

  private void isDue(String function, String what, Instant due) {
    var reached = world.through(function).mayHaveCome();
    if (reached.isBefore(due) && AcrossWorkload.isKnown(world, function)) {
      broken(
          function
              + ": "
              + what
              + " is due at "
              + due
              + ", and the slowest shard is at "
              + reached);
    }
  }

  /** Lists the records of each window in the order in which they were added. */
  private final class Spans implements WindowFunction<TimedRecord, String, String> {
    @Override
    public String empty() {
      return "";
    }

    @Override
    public String add(String sum, Event<TimedRecord> event) {
      try {
        begin(SPANS, event);
      } catch (IOException down) {
        throw new UncheckedIOException(down);
      }
      return sum + event.value().place() + ",";
    }

    @Override
    public String merge(String left, String right) {
      throw new AssertionError("windows of one size are never joined, and a key has one shard");
    }

    @Override
    public void close(Window window, String sum, Output<String> out) {
      world.trace().tell(process.name(), "spans tells " + told(window, sum));
      isDue(SPANS, "the window " + told(window, sum), window.end().plus(WAIT));
      out.send(byThisCall(told(window, sum)));
    }
  }
}
