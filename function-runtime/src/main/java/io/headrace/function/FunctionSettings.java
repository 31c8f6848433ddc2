package io.headrace.function;

import io.headrace.kcl.BatchLimits;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
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
    Optional<Duration> sorted,
    Committing committing,
    Descent descent,
    Optional<Path> shadow,
    List<Broadcast<?>> broadcasts) {
  FunctionSettings {
    sides = Map.copyOf(sides);
    broadcasts = List.copyOf(broadcasts);
  }

  /** For functions whose keys can't be parked. */
  FunctionSettings withoutParking() {
    return new FunctionSettings(
        batch,
        retry.parkingNoKeys(),
        limit,
        inFlight,
        executor,
        sides,
        delivery,
        redaction,
        threads,
        sorted,
        committing,
        descent,
        shadow,
        broadcasts);
  }

  FunctionSettings descending(Descent from) {
    return new FunctionSettings(
        batch,
        retry,
        limit,
        inFlight,
        executor,
        sides,
        delivery,
        redaction,
        threads,
        sorted,
        committing,
        from,
        shadow,
        broadcasts);
  }

  FunctionSettings committing(Committing how) {
    return new FunctionSettings(
        batch,
        retry,
        limit,
        inFlight,
        executor,
        sides,
        delivery,
        redaction,
        threads,
        sorted,
        how,
        descent,
        shadow,
        broadcasts);
  }
}
