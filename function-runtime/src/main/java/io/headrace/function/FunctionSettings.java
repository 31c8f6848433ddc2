package io.headrace.function;

import io.headrace.kcl.BatchLimits;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;

/** What {@link FunctionSpec.Options} collected. Immutable. */
record FunctionSettings(
    BatchLimits batch,
    RetryPolicy retry,
    Optional<Duration> limit,
    int inFlight,
    Optional<Executor> executor,
    Map<Side<?>, Destination<?>> sides,
    Delivery delivery,
    Optional<Redaction> redaction,
    Optional<InvocationThreads> threads,
    Optional<Duration> sorted) {
  FunctionSettings {
    sides = Map.copyOf(sides);
  }
}
