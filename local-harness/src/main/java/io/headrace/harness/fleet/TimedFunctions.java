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
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * A keyed function with timers and a windowed one, whose states and outputs a plain fold of the
 * input tells. Used by one process, on the world's loop.
 */
final class TimedFunctions {
  static final String TALLY = "tally";
  static final String SUMS = "sums";
  static final StreamSource STREAM = StreamSource.kinesis("payments");

  static final Duration WINDOW = Duration.ofSeconds(10);
  static final Duration GAP = Duration.ofSeconds(3);
  static final Duration WAIT = Duration.ofSeconds(4);
  private static final Duration LATENESS = Duration.ofSeconds(6);
  private static final Duration EARLY_EVERY = Duration.ofMillis(1_500);
  private static final Duration SILENCE = Duration.ofSeconds(3);
  static final Duration EVENT_DELAY = Duration.ofSeconds(5);
  static final Duration AGAIN_DELAY = Duration.ofSeconds(7);
  private static final Duration WALL_DELAY = Duration.ofSeconds(3);

  private static final Side<TimedRecord> LATE = Side.named("late", TimedRecord.class);

  /** Soon and little, so that every bound is met. */
  private static final KeyParking PARKING =
      new KeyParking(Duration.ofSeconds(1), 8, 4 << 10, 3, 32 << 10);

  private static final RetryPolicy RETRY =
      RetryPolicy.forever().backingOff(Duration.ofMillis(100), Duration.ofSeconds(2));

  /** Stands before the name of the call in an output. */
  static final String CALL = " by call ";

  private final FleetWorld world;
  private final SimulatedProcess process;
  private int calls;

  TimedFunctions(FleetWorld world, SimulatedProcess process) {
    this.world = world;
    this.process = process;
  }

  List<FunctionSpec<?, ?>> specs() {
    var plan = world.plan();
    var timed = Input.of(STREAM, TimedRecord.CODEC).timedBy(TimedRecord::time);
    var input = silence(plan).map(timed::idleAfter).orElse(timed);
    var roll = world.codecRoll();
    var codec = new Tally.Versioned(roll.readBy(process), version -> roll.wrote(process, version));
    var tally =
        named(TALLY, input)
            .batching(plan.batchMax(), Duration.ofMillis(50))
            .inFlight(plan.inFlight())
            .retrying(RETRY.parkingKeys(PARKING))
            .keyedBy(Keys.<TimedRecord>partitionKey(), codec);
    var sums =
        named(SUMS, input)
            .batching(plan.batchMax(), Duration.ofMillis(50))
            .inFlight(plan.inFlight())
            .retrying(RETRY)
            .sendingSide(LATE, Destination.stream("late", TimedRecord.CODEC, TimedRecord::key))
            .windowedBy(Keys.<TimedRecord>partitionKey(), windows(plan), new Text());
    if (world.plant().emitsEarly()) {
      return List.of(
          tally.emittingEarly().handledAsyncBy(Tallies::new, to("tallies")),
          sums.emittingEarly().handledBy(Sums::new, to("sums")));
    }
    return List.of(
        tally.handledAsyncBy(Tallies::new, to("tallies")), sums.handledBy(Sums::new, to("sums")));
  }

  private FunctionSpec.Reading<TimedRecord> named(String function, Input<TimedRecord> input) {
    var name = process.nameOf(function);
    var reading = FunctionSpec.named(name).reading(input);
    return name.equals(function) ? reading : reading.migratesFrom(function);
  }

  private static Windows windows(FleetPlan plan) {
    var windows =
        (sessions(plan) ? Windows.session(GAP) : Windows.tumbling(WINDOW))
            .waiting(WAIT)
            .allowing(lateness(plan))
            .lateTo(LATE);
    return drawn(plan, 2) == 0 ? windows.earlyEvery(EARLY_EVERY) : windows;
  }

  /** How long windows are kept that were told. */
  static Duration lateness(FleetPlan plan) {
    return drawn(plan, 1) % 2 == 0 ? LATENESS : Duration.ZERO;
  }

  /** How long a shard must be silent for its event time to go on. */
  static Optional<Duration> silence(FleetPlan plan) {
    return drawn(plan, 0) == 0 ? Optional.of(SILENCE) : Optional.empty();
  }

  /** Whether later deployments have other names for the functions. */
  static boolean renames(FleetPlan plan) {
    return drawn(plan, 3) == 0;
  }

  /** One of four, decided by the plan, so that other draws stay as they are. */
  private static int drawn(FleetPlan plan, int which) {
    return (int) (Tally.mix(plan.hashCode()) >>> (16 + 2 * which)) & 3;
  }

  /** Outputs that can be kept until they are committed. */
  private static Destination<String> to(String stream) {
    return Destination.stream(stream, new Text(), value -> value.split(" ", 2)[0]);
  }

  /** An output shows by which call it was made: no two have the same. */
  private String byThisCall(String output) {
    return output + CALL + process.name() + "." + ++calls;
  }

  static String withoutCall(String output) {
    int call = output.indexOf(CALL);
    return call < 0 ? output : output.substring(0, call);
  }

  /** Whether the windowed function has sessions, and not windows of one size. */
  static boolean sessions(FleetPlan plan) {
    return plan.keys() / 2 % 2 == 0;
  }

  static boolean setsEventTimer(long number) {
    return number % 3 == 0;
  }

  /** Whether the timer by event time of this record sets another one when it fires. */
  static boolean setsAgain(long number) {
    return number % 2 == 0;
  }

  static boolean setsWallTimer(long number) {
    return number % 5 == 0;
  }

  static String output(String key, long number, long chain) {
    return key + " " + number + " " + chain;
  }

  static String fired(String key, String timer) {
    return key + " " + timer;
  }

  private void begin(String function, Event<TimedRecord> event) throws IOException {
    var put = world.feedOf(function).puts().at(Position.of(event.id().sequence()));
    process.begins(function, put, event.attempt().fencingToken());
    world.mood().failNowAndThen(put.key());
  }

  private void broken(String what) {
    world.verdicts().broken(Promise.STATE_IS_EXACT, process.name() + ", " + what);
  }

  /** Chains records up, and sets timers by both clocks. */
  private final class Tallies implements AsyncKeyedFunction<TimedRecord, Tally, String> {
    @Override
    public Tally initial(String key) {
      return Tally.none(key);
    }

    @Override
    public CompletionStage<Next<Tally>> handle(
        Tally state, Event<TimedRecord> event, Output<String> out) throws IOException {
      begin(TALLY, event);
      var record = event.value();
      long number = record.number();
      boolean known = !world.deliveries().hasGaps(TALLY, record.key());
      if (known && state.chain() != TimedWorkload.chainOf(record.key(), number - 1)) {
        broken(
            "tally: record "
                + number
                + " of "
                + record.key()
                + " meets a state of "
                + state.count()
                + " records, and should meet one of all before it, in order");
      }
      var now = state.with(number);
      var next = Next.state(now);
      if (setsEventTimer(number)) {
        next = next.wakeAt("e" + number, event.time().plus(EVENT_DELAY));
      }
      if (setsWallTimer(number)) {
        next = next.wakeAfter("w" + number, WALL_DELAY);
      }
      return LateAnswers.of(
          process, out, byThisCall(output(record.key(), number, now.chain())), next);
    }

    @Override
    public CompletionStage<Next<Tally>> onTimer(Tally state, WakeUp timer, Output<String> out)
        throws IOException {
      world.trace().tell(process.name(), "tally wakes " + timer.key() + " by " + timer.name());
      world.mood().failNowAndThen(timer.key());
      if (timer.clock() == WakeUp.Clock.EVENT
          && world.times(TALLY).ofKey(timer.key()).isBefore(timer.due())) {
        broken("tally: " + timer.name() + " of " + timer.key() + " fires before its time");
      }
      var next = Next.state(state.fired(timer.name()));
      if (timer.name().startsWith("e") && setsAgain(Long.parseLong(timer.name().substring(1)))) {
        next = next.wakeAt("a" + timer.name().substring(1), timer.due().plus(AGAIN_DELAY));
      }
      return LateAnswers.of(process, out, byThisCall(fired(timer.key(), timer.name())), next);
    }
  }

  /** Lists the records of each window in the order in which they were added. */
  private final class Sums implements WindowFunction<TimedRecord, String, String> {
    @Override
    public String empty() {
      return "";
    }

    @Override
    public String add(String sum, Event<TimedRecord> event) {
      try {
        begin(SUMS, event);
      } catch (IOException down) {
        throw new UncheckedIOException(down);
      }
      return sum + event.value().number() + ",";
    }

    /** Of sessions only: no two shards hold one key at once. */
    @Override
    public String merge(String left, String right) {
      if (!sessions(world.plan())) {
        broken("sums: two parents of a merge have a window of one key open");
      }
      return left + right;
    }

    @Override
    public void close(Window window, String sum, Output<String> out) {
      world.trace().tell(process.name(), "sums tells " + WindowFold.told(window, sum));
      out.send(byThisCall(WindowFold.told(window, sum)));
    }
  }
}
