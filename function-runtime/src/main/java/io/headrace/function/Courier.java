package io.headrace.function;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Delivers outputs and dead letters, for as long as it takes: while an outlet is down, what it is
 * to get waits, and so does the lane behind it. Owned by the worker loop.
 */
final class Courier {
  private static final Duration RETRY_FIRST = Duration.ofMillis(100);
  private static final Duration RETRY_LONGEST = Duration.ofSeconds(30);

  private final Scope scope;

  Courier(Scope scope) {
    this.scope = scope;
  }

  /**
   * @param delivered run on the worker loop when all are durable: in this turn when there are none
   */
  void deliver(List<Outlet.Parcel<?>> parcels, Runnable delivered) {
    if (parcels.isEmpty()) {
      delivered.run();
      return;
    }
    Map<Outlet<?, ?>, List<Outlet.Parcel<?>>> byOutlet = new LinkedHashMap<>();
    for (var parcel : parcels) {
      byOutlet.computeIfAbsent(parcel.outlet(), outlet -> new ArrayList<>()).add(parcel);
    }
    var left = new int[] {byOutlet.size()};
    byOutlet.forEach(
        (outlet, its) ->
            send(
                outlet,
                its,
                1,
                () -> {
                  if (--left[0] == 0) {
                    delivered.run();
                  }
                }));
  }

  private void send(
      Outlet<?, ?> outlet, List<Outlet.Parcel<?>> parcels, int attempt, Runnable delivered) {
    CompletionStage<?> sent;
    try {
      sent = Objects.requireNonNull(sendTo(outlet, parcels), "what the sink answered");
    } catch (RuntimeException thrown) {
      sent = CompletableFuture.failedFuture(thrown);
    }
    var unused =
        sent.whenComplete(
            (done, thrown) ->
                scope.post(
                    () -> {
                      if (thrown == null) {
                        if (attempt > 1) {
                          scope.tell(
                              new FunctionEvent.SinkRecovered(
                                  scope.function, scope.context.key(), outlet.name()));
                        }
                        delivered.run();
                      } else {
                        again(outlet, parcels, attempt, thrown, delivered);
                      }
                    }));
  }

  private void again(
      Outlet<?, ?> outlet,
      List<Outlet.Parcel<?>> parcels,
      int attempt,
      Throwable thrown,
      Runnable delivered) {
    var wait = RetryPolicy.jittered(RETRY_FIRST, RETRY_LONGEST, attempt, scope.random());
    scope.tell(
        new FunctionEvent.SinkUnavailable(
            scope.function, scope.context.key(), outlet.name(), thrown, wait));
    scope.later(wait, () -> send(outlet, parcels, attempt + 1, delivered));
  }

  /** The parcels were prepared by this very outlet. */
  @SuppressWarnings("unchecked")
  private static <P> CompletionStage<?> sendTo(
      Outlet<?, P> outlet, List<Outlet.Parcel<?>> parcels) {
    var contents = new ArrayList<P>(parcels.size());
    parcels.forEach(parcel -> contents.add((P) parcel.content()));
    return outlet.send(contents);
  }
}
