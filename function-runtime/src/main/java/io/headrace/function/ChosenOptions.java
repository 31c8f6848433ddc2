package io.headrace.function;

import io.headrace.kcl.BatchLimits;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** The options so far; mutable while a specification is built, by one thread. */
final class ChosenOptions {
  BatchLimits batch = BatchLimits.DEFAULT;
  RetryPolicy retry = RetryPolicy.forever();
  @Nullable Duration limit;
  int inFlight = FunctionSpec.IN_FLIGHT_DEFAULT;
  @Nullable Executor executor;
  final Map<Side<?>, Destination<?>> sides = new LinkedHashMap<>();
  Delivery delivery = Delivery.USUAL;
  @Nullable Redaction redaction;
  @Nullable InvocationThreads threads;
  @Nullable Duration sorted;
  Committing committing = Committing.USUAL;
  Descent descent = Descent.NEW;
  @Nullable Path shadow;
  final List<Broadcast<?>> broadcasts = new ArrayList<>();

  FunctionSettings settings() {
    return new FunctionSettings(
        batch,
        retry,
        Optional.ofNullable(limit),
        inFlight,
        Optional.ofNullable(executor),
        sides,
        delivery,
        Optional.ofNullable(redaction),
        Optional.ofNullable(threads),
        Optional.ofNullable(sorted),
        committing,
        descent,
        Optional.ofNullable(shadow),
        broadcasts);
  }
}
