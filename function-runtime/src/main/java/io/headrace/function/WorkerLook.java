package io.headrace.function;

import io.headrace.kcl.WorkerStatus;
import io.headrace.kcl.loop.EventLoop;
import io.headrace.lease.FleetSize;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/** What listeners see of a {@link RuntimeWorker}. Any thread may ask. */
record WorkerLook(
    String application,
    List<FunctionInput> inputs,
    EventLoop loop,
    FunctionRuntime.Running running,
    Supplier<FleetSize> size,
    Connectors connectors)
    implements ObservedWorker {
  static List<FunctionInput> inputsOf(List<FunctionSpec<?, ?>> specs) {
    var inputs = new ArrayList<FunctionInput>();
    specs.forEach(spec -> addInputs(spec, inputs));
    return List.copyOf(inputs);
  }

  private static <I> void addInputs(FunctionSpec<I, ?> spec, List<FunctionInput> to) {
    for (var leg : spec.legs()) {
      to.add(new FunctionInput(spec.name(), leg.source().name(), leg.handler()));
    }
  }

  @Override
  public CompletionStage<WorkerStatus> status() {
    return running.status();
  }

  @Override
  public Health health() {
    return running.health();
  }

  @Override
  public List<FunctionOutage> outages() {
    return running.outages();
  }

  @Override
  public int callsUnderWay() {
    return running.callsUnderWay();
  }

  @Override
  public FleetSize fleet() {
    return size.get();
  }

  @Override
  public CompletionStage<Optional<Duration>> retention(String stream) {
    for (var opened : connectors.opened()) {
      if (opened.name().equals(stream)) {
        return opened.retention();
      }
    }
    return CompletableFuture.completedStage(Optional.empty());
  }
}
