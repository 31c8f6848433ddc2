package io.headrace.function.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.function.Destination;
import io.headrace.function.TerminalFailure;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.observation.transport.ReceiverContext;
import io.micrometer.observation.transport.SenderContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Observations as a bridge to OpenTelemetry hears them. */
class ObservedCallsTest {
  private static final String TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  private static final String NEXT = "00-4bf92f3577b34da6a3ce929d0e0e4736-aaaaaaaaaaaaaaaa-01";

  private final World world = new World(1, 1);
  private final ObservationRegistry registry = ObservationRegistry.create();
  private final List<String> heard = new ArrayList<>();

  /** Reads and writes carriers as the propagating handlers of Micrometer Tracing do. */
  private final class Bridge implements ObservationHandler<Observation.Context> {
    @Override
    @SuppressWarnings("unchecked")
    public void onStart(Observation.Context context) {
      if (context instanceof ReceiverContext<?> receiver) {
        var of = (ReceiverContext<Map<String, String>>) receiver;
        heard.add(
            "starts "
                + context.getContextualName()
                + " from "
                + of.getGetter().get(of.getCarrier(), "traceparent"));
      } else if (context instanceof SenderContext<?> sender) {
        var to = (SenderContext<Map<String, String>>) sender;
        assertThat(to.getCarrier()).isNotNull();
        to.getSetter().set(to.getCarrier(), "traceparent", NEXT);
        heard.add("sends " + context.getContextualName());
      }
    }

    @Override
    public void onStop(Observation.Context context) {
      if (context instanceof ReceiverContext<?>) {
        var error = context.getError();
        heard.add("stops " + (error == null ? "well" : error.getMessage()));
      }
    }

    @Override
    public boolean supportsContext(Observation.Context context) {
      return true;
    }
  }

  @Test
  void a_call_is_an_observation_from_the_records_trace_and_its_outputs_carry_the_next() {
    registry.observationConfig().observationHandler(new Bridge());
    world.streams.create("out", 1, world.loop);
    var current = new ArrayList<Observation>();
    var spec =
        World.reading("echo")
            .handledBy(
                () ->
                    (event, out) -> {
                      current.add(registry.getCurrentObservation());
                      if (event.value().equals("bad")) {
                        throw new TerminalFailure("Bad", "secret payload");
                      }
                      out.send(event.value());
                    },
                Destination.stream("out", new World.Words(), value -> value)
                    .envelope(Destination.Envelope.KPL_TAGS));
    var runtime =
        io.headrace.function.FunctionRuntime.named("app")
            .on(world.loop, world.loop, world.loop, world.random)
            .leasesIn(world.leases)
            .checkpointsIn(world.checkpoints)
            .connecting(world.streams)
            .deadLettersIn(io.headrace.function.DeadLetters.toStream("out"))
            .callsObservedBy(ObservedCalls.in(registry))
            .run(spec);
    var unused = runtime.start();
    world.advance(5);
    world.put("k", "v", Map.of("traceparent", TRACE));
    world.advance(5);
    world.put("k", "bad");
    world.advance(5);

    assertThat(heard)
        .containsExactly(
            "starts echo process from " + TRACE,
            "sends stream out publish",
            "stops well",
            "starts echo process from null",
            "stops Bad");
    assertThat(current).hasSize(2).doesNotContainNull();
    assertThat(registry.getCurrentObservation()).isNull();
    var out = world.streams.stream("out");
    assertThat(out.recordsOf(out.shardsNow().get(0).id()).get(0).headers())
        .containsEntry("traceparent", NEXT);
  }

  @Test
  void a_registry_that_does_nothing_is_not_asked() {
    var observed =
        ObservedCalls.in(ObservationRegistry.NOOP)
            .begin(
                new io.headrace.function.CallObserver.FunctionCall(
                    "app",
                    "f",
                    new io.headrace.kcl.ShardKey(world.in.id(), world.in.shardsNow().get(0).id()),
                    java.util.Optional.empty(),
                    1,
                    1,
                    Map.of()));

    assertThat(observed).isSameAs(io.headrace.function.CallObserver.Observed.NOTHING);
  }
}
