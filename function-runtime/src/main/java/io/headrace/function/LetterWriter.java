package io.headrace.function;

import io.headrace.kcl.StreamRecord;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/**
 * Puts failed records into the dead letters, durably: first into the sink, then, fenced, into the
 * ledger. Owned by the worker loop.
 */
final class LetterWriter {
  private static final Duration UNREADABLE_WAIT = Duration.ofSeconds(1);

  private final Scope scope;
  private final Courier courier;
  private final Outlet<DeadLetter, ?> outlet;

  /** A payload could not be had, and that was told. */
  private boolean unreadable;

  /** A letter on its way, and what the ledger needs of it. */
  private record Written(
      Outlet.Parcel<?> letter, byte[] payload, Optional<StreamRecord> record, LetterBook.Why why) {}

  LetterWriter(Scope scope, Courier courier, Outlet<DeadLetter, ?> outlet) {
    this.scope = scope;
    this.courier = courier;
    this.outlet = outlet;
  }

  /**
   * @param code groups letters
   * @param written run on the worker loop when the letter is durable and counts
   */
  void write(LetterSource source, Failure failure, String code, Runnable written) {
    var why =
        new LetterBook.Why(
            code, failure.error(), source.attempts(), scope.loop().now(), source.origin());
    // Off the loop, as a payload may be fetched late and base64 of a megabyte takes its time.
    scope.onPool(
        scope.environment.background(),
        () -> {
          Written made;
          try {
            made = made(source.isOfInput(), source.remains(), failure, why);
          } catch (Exception thrown) {
            scope.post(() -> again(source, failure, code, thrown, written));
            return;
          }
          scope.post(() -> send(made, written));
        });
  }

  private Written made(
      boolean isOfInput, LetterSource.Remains remains, Failure failure, LetterBook.Why why)
      throws Exception {
    byte[] payload = isOfInput ? scope.shown.apply(remains.payload()) : remains.payload();
    var shown = scope.book.redaction().apply(payload, failure.message());
    var letter =
        new DeadLetter(
            scope.function,
            remains.id(),
            remains.partitionKey(),
            remains.arrivedAt(),
            why.failedAt(),
            why.attempts(),
            why.code(),
            why.cause(),
            shown.message(),
            Base64.getEncoder().encodeToString(shown.payload()));
    return new Written(
        Outlet.Parcel.of(outlet, new Outlet.Origin(remains.id()), letter),
        remains.payload(),
        remains.record(),
        why);
  }

  private void send(Written made, Runnable written) {
    if (unreadable) {
      unreadable = false;
      scope.tell(
          new FunctionEvent.SinkRecovered(scope.function, scope.context.key(), outlet.name()));
    }
    courier.deliver(List.of(made.letter()), () -> enter(made, written));
  }

  private void enter(Written made, Runnable written) {
    if (made.record().isEmpty()) {
      written.run();
    } else {
      scope.book.enter(made.record().get(), made.payload(), made.why(), written);
    }
  }

  private void again(
      LetterSource source, Failure failure, String code, Exception thrown, Runnable written) {
    unreadable = true;
    scope.tell(
        new FunctionEvent.SinkUnavailable(
            scope.function, scope.context.key(), outlet.name(), thrown, UNREADABLE_WAIT));
    scope.later(UNREADABLE_WAIT, () -> write(source, failure, code, written));
  }
}
