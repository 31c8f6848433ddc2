package io.headrace.function;

import io.headrace.kcl.BatchLimits;
import io.headrace.kcl.StableCopy;
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
    sides = StableCopy.of(sides);
    broadcasts = List.copyOf(broadcasts);
  }

  /** For functions whose keys can't be parked. */
  FunctionSettings withoutParking() {
    return with(retry.parkingNoKeys(), committing, descent);
  }

  FunctionSettings descending(Descent from) {
    return with(retry, committing, from);
  }

  FunctionSettings committing(Committing how) {
    return with(retry, how, descent);
  }

  private FunctionSettings with(RetryPolicy retried, Committing how, Descent from) {
    return new FunctionSettings(
        batch,
        retried,
        limit,
        inFlight,
        executor,
        sides,
        delivery,
        redaction,
        threads,
        sorted,
        how,
        from,
        shadow,
        broadcasts);
  }
}
