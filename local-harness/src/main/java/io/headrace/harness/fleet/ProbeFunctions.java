package io.headrace.harness.fleet;

import io.headrace.function.AsyncKeyedFunction;
import io.headrace.function.AsyncRecordFunction;
import io.headrace.function.Destination;
import io.headrace.function.Event;
import io.headrace.function.FunctionSpec;
import io.headrace.function.Input;
import io.headrace.function.KeyParking;
import io.headrace.function.Keys;
import io.headrace.function.Next;
import io.headrace.function.Output;
import io.headrace.function.RetryPolicy;
import io.headrace.function.TerminalFailure;
import io.headrace.kcl.Position;
import io.headrace.kcl.StreamSource;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * The functions that a simulated fleet runs unless it is given others: they know from each record
 * what should have come before it, and tell the judges. Used by one process, on the world's loop.
 */
final class ProbeFunctions {
  static final String TOTALS = "totals";
  static final String ALARMS = "alarms";
  static final String STREAM = "orders";
  static final String SECOND_STREAM = "visits";

  private static final Duration RETRY_FIRST = Duration.ofMillis(100);
  private static final Duration RETRY_LONGEST = Duration.ofSeconds(2);

  /** Soon and little, so that every bound is met. */
  private static final KeyParking PARKING =
      new KeyParking(Duration.ofSeconds(1), 8, 4 << 10, 3, 32 << 10);

  private static final Duration LIMIT = Duration.ofSeconds(1);

  private final FleetWorld world;
  private final SimulatedProcess process;

  ProbeFunctions(FleetWorld world, SimulatedProcess process) {
    this.world = world;
    this.process = process;
  }

  static List<String> namesFor(FleetPlan plan) {
    return plan.secondFunction() ? List.of(TOTALS, ALARMS) : List.of(TOTALS);
  }

  static StreamSource sourceOf(String function, FleetPlan plan) {
    boolean second = function.equals(ALARMS) && plan.secondStream();
    return StreamSource.kinesis(second ? SECOND_STREAM : STREAM);
  }

  List<FunctionSpec<ProbeRecord, ProbeRecord>> specs() {
    var plan = world.plan();
    var specs = new ArrayList<FunctionSpec<ProbeRecord, ProbeRecord>>();
    specs.add(
        options(FunctionSpec.named(TOTALS).reading(input(TOTALS, plan)), plan)
            .keyedBy(Keys.<ProbeRecord>partitionKey(), ProbeState.CODEC)
            .handledAsyncBy(Totals::new, Destination.<ProbeRecord>nowhere()));
    if (plan.secondFunction()) {
      specs.add(
          options(FunctionSpec.named(ALARMS).reading(input(ALARMS, plan)), plan)
              .handledAsyncBy(() -> new Alarms(), Destination.<ProbeRecord>nowhere()));
    }
    return specs;
  }

  private static Input<ProbeRecord> input(String function, FleetPlan plan) {
    return Input.of(sourceOf(function, plan), new ProbeRecord.Padded(plan.paddedTo()));
  }

  private static FunctionSpec.Reading<ProbeRecord> options(
      FunctionSpec.Reading<ProbeRecord> reading, FleetPlan plan) {
    var with =
        reading
            .batching(plan.batchMax(), Duration.ofMillis(50))
            .inFlight(plan.inFlight())
            .retrying(
                RetryPolicy.forever().backingOff(RETRY_FIRST, RETRY_LONGEST).parkingKeys(PARKING));
    return plan.limited() ? with.timingOutAfter(LIMIT) : with;
  }

  private Puts.Put begin(String function, Event<ProbeRecord> event) throws IOException {
    var put = world.feedOf(function).puts().at(Position.of(event.id().sequence()));
    process.begins(function, put, event.attempt().fencingToken());
    if (put.fate() == ProbeRecord.Fate.POISON) {
      throw new TerminalFailure("poison", "the record is of the kind that is refused");
    }
    if (world.mood().fails(put.key())) {
      throw new IOException("a service that the function calls is down");
    }
    return put;
  }

  /** Answers after a while, on a thread of its own; heeds no interrupt. */
  private <T> CompletionStage<T> later(
      String function, Puts.Put put, Event<ProbeRecord> event, Output<ProbeRecord> out, T value) {
    var answer = new CompletableFuture<T>();
    if (world.mood().hangs()) {
      world.trace().tell(process.name(), function + " hangs at " + put.position().sequence());
      return answer;
    }
    var unused =
        process
            .pool()
            .schedule(
                world.mood().takes(),
                () -> {
                  world
                      .trace()
                      .tell(process.name(), function + " did " + put.position().sequence());
                  world.deliveries().succeeded(function, put);
                  LateAnswers.answerWith(answer, () -> out.send(event.value()), value);
                });
    return answer;
  }

  /** Counts, by key. */
  private final class Totals implements AsyncKeyedFunction<ProbeRecord, ProbeState, ProbeRecord> {
    @Override
    public ProbeState initial(String key) {
      return ProbeState.NONE;
    }

    @Override
    public CompletionStage<Next<ProbeState>> handle(
        ProbeState state, Event<ProbeRecord> event, Output<ProbeRecord> out) throws IOException {
      var put = begin(TOTALS, event);
      world.deliveries().state(TOTALS, put, state);
      return later(TOTALS, put, event, out, Next.state(state.with(put.number())));
    }
  }

  /** Looks at each record by itself. */
  private final class Alarms implements AsyncRecordFunction<ProbeRecord, ProbeRecord> {
    @Override
    public CompletionStage<?> handle(Event<ProbeRecord> event, Output<ProbeRecord> out)
        throws IOException {
      return later(ALARMS, begin(ALARMS, event), event, out, "done");
    }
  }
}
