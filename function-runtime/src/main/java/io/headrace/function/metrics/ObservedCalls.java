package io.headrace.function.metrics;

import io.headrace.function.CallObserver;
import io.headrace.function.TerminalFailure;
import io.headrace.kcl.StableCopy;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.observation.transport.Kind;
import io.micrometer.observation.transport.ReceiverContext;
import io.micrometer.observation.transport.SenderContext;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Makes an observation of each call of user code, so that a bridge of Micrometer Tracing makes a
 * span of it: {@value #CALL} begins from the record's {@code traceparent}, lasts until the call is
 * answered, and is the current one while the call's thread is in user code. Each output is one
 * more, {@value #OUTPUT}, whose context goes into the output's envelope. Where the registry makes
 * nothing of them, the record's trace is passed on as it is. Thread-safe.
 *
 * <p>Keys of low cardinality: application, function, stream; of high: shard, sequence, attempt,
 * records.
 */
public final class ObservedCalls implements CallObserver {
  /** A call of user code. */
  public static final String CALL = "headrace.call";

  /** An output of one. */
  public static final String OUTPUT = "headrace.output";

  private final ObservationRegistry registry;

  private ObservedCalls(ObservationRegistry registry) {
    this.registry = registry;
  }

  /** For {@link io.headrace.function.FunctionRuntime#callsObservedBy}. */
  public static CallObserver in(ObservationRegistry registry) {
    return new ObservedCalls(registry);
  }

  @Override
  public Observed begin(FunctionCall call) {
    if (registry.isNoop()) {
      return Observed.NOTHING;
    }
    var context =
        new ReceiverContext<Map<String, String>>(
            (carrier, key) -> carrier == null ? null : carrier.get(key), Kind.CONSUMER);
    context.setCarrier(call.trace());
    context.setRemoteServiceName(call.shard().stream().name());
    var observation =
        Observation.createNotStarted(CALL, () -> context, registry)
            .contextualName(call.function() + " process")
            .lowCardinalityKeyValue("application", call.application())
            .lowCardinalityKeyValue("function", call.function())
            .lowCardinalityKeyValue("stream", call.shard().stream().name())
            .highCardinalityKeyValue("shard", call.shard().shard().toString())
            .highCardinalityKeyValue("attempt", Integer.toString(call.attempt()))
            .highCardinalityKeyValue("records", Integer.toString(call.records()));
    call.position()
        .ifPresent(
            position -> observation.highCardinalityKeyValue("sequence", position.toString()));
    observation.start();
    return new Going(observation, call);
  }

  private final class Going implements Observed {
    private final Observation observation;
    private final FunctionCall call;

    /** Of the thread that calls. */
    private final Observation.Scope scope;

    Going(Observation observation, FunctionCall call) {
      this.observation = observation;
      this.call = call;
      this.scope = observation.openScope();
    }

    @Override
    public void left() {
      scope.close();
    }

    @Override
    public Map<String, String> passedOn(String to, Map<String, String> trace) {
      var headers = new HashMap<String, String>();
      var context =
          new SenderContext<Map<String, String>>(
              (carrier, key, value) -> {
                if (carrier != null) {
                  carrier.put(key, value);
                }
              },
              Kind.PRODUCER);
      context.setCarrier(headers);
      Observation.createNotStarted(OUTPUT, () -> context, registry)
          .contextualName(to + " publish")
          .parentObservation(observation)
          .lowCardinalityKeyValue("application", call.application())
          .lowCardinalityKeyValue("function", call.function())
          .start()
          .stop();
      return headers.isEmpty() ? trace : StableCopy.of(headers);
    }

    @Override
    public void ended(@Nullable Throwable failure) {
      if (failure != null) {
        observation.error(shown(failure));
      }
      observation.stop();
    }

    /** Without what it says: that may quote the record. */
    private static Throwable shown(Throwable failure) {
      return failure instanceof TerminalFailure terminal
          ? new CallFailed(terminal.code())
          : new CallFailed(failure.getClass().getName());
    }
  }

  /** What a trace shows of a failure: its class, or its code. */
  static final class CallFailed extends Exception {
    private static final long serialVersionUID = 1;

    CallFailed(String what) {
      super(what, null, false, false);
    }
  }
}
