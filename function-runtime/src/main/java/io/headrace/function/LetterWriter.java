package io.headrace.function;

import java.time.Duration;
import java.util.List;

/** Puts failed records into the dead-letter sink, durably. Owned by the worker loop. */
final class LetterWriter {
  private static final Duration UNREADABLE_WAIT = Duration.ofSeconds(1);

  private final Scope scope;
  private final Courier courier;
  private final Outlet<DeadLetter, ?> outlet;

  LetterWriter(Scope scope, Courier courier, Outlet<DeadLetter, ?> outlet) {
    this.scope = scope;
    this.courier = courier;
    this.outlet = outlet;
  }

  /**
   * @param code groups letters
   * @param written run on the worker loop when the letter is durable
   */
  void write(LetterSource source, Failure failure, String code, Runnable written) {
    var failedAt = scope.loop().now();
    int attempts = source.attempts();
    // Off the loop, as a payload may be fetched late and base64 of a megabyte takes its time.
    scope.onPool(
        scope.environment.background(),
        () -> {
          Outlet.Parcel<?> letter;
          try {
            var remains = source.remains();
            letter =
                Outlet.Parcel.of(
                    outlet,
                    new Outlet.Origin(remains.id()),
                    new DeadLetter(
                        scope.function,
                        remains.id(),
                        remains.partitionKey(),
                        remains.arrivedAt(),
                        failedAt,
                        attempts,
                        code,
                        failure.error(),
                        failure.message(),
                        remains.payload()));
          } catch (Exception thrown) {
            scope.post(() -> again(source, failure, code, thrown, written));
            return;
          }
          scope.post(() -> courier.deliver(List.of(letter), written));
        });
  }

  private void again(
      LetterSource source, Failure failure, String code, Exception thrown, Runnable written) {
    scope.tell(
        new FunctionEvent.SinkUnavailable(
            scope.function, scope.context.key(), outlet.name(), thrown, UNREADABLE_WAIT));
    scope.later(UNREADABLE_WAIT, () -> write(source, failure, code, written));
  }
}
