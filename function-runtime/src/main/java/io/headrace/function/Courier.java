package io.headrace.function;

import io.headrace.kcl.Position;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Delivers outputs and dead letters, for as long as it takes: while an outlet is down, what it is
 * to get waits, and so does the lane behind it. An output that its outlet refuses for good is put
 * into the dead letters instead, as it would hold up its key for ever. Owned by the worker loop.
 */
final class Courier {
  private static final Duration RETRY_FIRST = Duration.ofMillis(100);
  private static final Duration RETRY_LONGEST = Duration.ofSeconds(30);

  private final Scope scope;
  private final @Nullable LetterWriter refused;

  private Courier(Scope scope, @Nullable LetterWriter refused) {
    this.scope = scope;
    this.refused = refused;
  }

  /** Of letters: what their sink refuses is tried again. */
  static Courier ofLetters(Scope scope) {
    return new Courier(scope, null);
  }

  /**
   * Of outputs.
   *
   * @param letters where those lie that are refused for good
   */
  static Courier ofOutputs(Scope scope, Outlet<DeadLetter, ?> letters) {
    return new Courier(scope, new LetterWriter(scope, ofLetters(scope), letters));
  }

  /**
   * As {@link #deliver}, once all has left that a former version of the function has left in an
   * outbox: it is older.
   */
  void deliverInOrder(List<Outlet.Parcel<?>> parcels, Runnable delivered) {
    var former = scope.formerOutbox;
    if (former == null || parcels.isEmpty()) {
      deliver(parcels, delivered);
    } else {
      former.whenAllHasLeft(() -> deliver(parcels, delivered));
    }
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
                        recovered(outlet, attempt);
                        delivered.run();
                      } else if (refused == null || !RefusedOutput.isForGood(outlet, thrown)) {
                        again(outlet, parcels, attempt, thrown, delivered);
                      } else if (parcels.size() > 1) {
                        // One of them: the others are sent, in their order.
                        recovered(outlet, attempt);
                        oneByOne(outlet, new ArrayDeque<>(parcels), delivered);
                      } else {
                        letter(refused, outlet, parcels.get(0), attempt, thrown, delivered);
                      }
                    }));
  }

  /** It answers, be it with a refusal. */
  private void recovered(Outlet<?, ?> outlet, int attempt) {
    if (attempt > 1) {
      scope.tell(
          new FunctionEvent.SinkRecovered(scope.function, scope.context.key(), outlet.name()));
    }
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

  private void oneByOne(
      Outlet<?, ?> outlet, ArrayDeque<Outlet.Parcel<?>> left, Runnable delivered) {
    var next = left.poll();
    if (next == null) {
      delivered.run();
    } else {
      send(outlet, List.of(next), 1, () -> oneByOne(outlet, left, delivered));
    }
  }

  private void letter(
      LetterWriter letters,
      Outlet<?, ?> outlet,
      Outlet.Parcel<?> parcel,
      int attempt,
      Throwable thrown,
      Runnable delivered) {
    recovered(outlet, attempt);
    var output = new RefusedOutput(parcel, attempt, scope.loop().now());
    letters.write(
        output,
        output.failure(thrown),
        RefusedOutput.CODE,
        () -> {
          scope.tell(
              new FunctionEvent.DeadLettered(
                  scope.function,
                  scope.context.key(),
                  Position.of(0),
                  attempt,
                  RefusedOutput.CODE));
          delivered.run();
        });
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
