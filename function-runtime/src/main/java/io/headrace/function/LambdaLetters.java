package io.headrace.function;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Puts batches of {@link LambdaBatches} into the dead-letter sink, durably: their metadata, or each
 * record with its payload, as the mapping says; and their records into the ledger. Owned by the
 * worker loop.
 */
final class LambdaLetters {
  /** How soon a payload that can't be had is asked for again. */
  private static final Duration UNREADABLE_WAIT = Duration.ofSeconds(1);

  private final Scope scope;
  private final Courier courier;
  private final LetterWriter whole;
  private final Outlet<DiscardedBatch, ?> metadata;
  private final Admission admission;
  private final boolean withPayload;

  /** A payload could not be had, and that was told. */
  private boolean unreadable;

  LambdaLetters(
      Scope scope, Courier courier, LaneRunner.Wiring<?> wiring, EventSourceMapping mapping) {
    this.scope = scope;
    this.courier = courier;
    this.whole = new LetterWriter(scope, courier, wiring.outlets().letters());
    this.metadata = wiring.outlets().discarded();
    this.admission = Admission.of(wiring.settings());
    this.withPayload = mapping.hasPayloadInLetters();
  }

  /**
   * @param answer empty where no answer of the function is the reason
   * @param failure null where the function was not asked
   * @param written run on the worker loop when all is durable
   */
  void write(
      LambdaLane.Step.Discard discard,
      Optional<DiscardedBatch.Answer> answer,
      @Nullable Failure failure,
      Runnable written) {
    if (withPayload) {
      each(discard, failure, written);
    } else {
      metadata(letter(discard, answer), discard, failure, written);
    }
  }

  private void each(LambdaLane.Step.Discard discard, @Nullable Failure failure, Runnable written) {
    var left = new Countdown(discard.batch().items().size(), written);
    for (var item : discard.batch().items()) {
      whole.write(item, reason(discard, item, failure), discard.condition(), left::less);
    }
  }

  private Failure reason(
      LambdaLane.Step.Discard discard, BatchCall.Item item, @Nullable Failure failure) {
    return failure != null
        ? failure
        : admission.failure(discard.condition(), item.record, scope.loop().now());
  }

  /** The sink gets where the records lie; the ledger gets the records, to be played again. */
  private void metadata(
      DiscardedBatch letter,
      LambdaLane.Step.Discard discard,
      @Nullable Failure failure,
      Runnable written) {
    scope.onPool(
        scope.environment.background(),
        () -> {
          Outlet.Parcel<?> parcel;
          var payloads = new ArrayList<byte[]>();
          try {
            for (var item : discard.batch().items()) {
              payloads.add(item.record.payload().bytes());
            }
            parcel = Outlet.Parcel.of(metadata, new Outlet.Origin(letter.requestId()), letter);
          } catch (Exception thrown) {
            scope.post(() -> again(letter, discard, failure, thrown, written));
            return;
          }
          scope.post(() -> send(parcel, () -> enter(discard, payloads, failure, written)));
        });
  }

  private void send(Outlet.Parcel<?> parcel, Runnable sent) {
    if (unreadable) {
      unreadable = false;
      scope.tell(
          new FunctionEvent.SinkRecovered(scope.function, scope.context.key(), metadata.name()));
    }
    courier.deliver(List.of(parcel), sent);
  }

  private void again(
      DiscardedBatch letter,
      LambdaLane.Step.Discard discard,
      @Nullable Failure failure,
      Exception thrown,
      Runnable written) {
    unreadable = true;
    scope.tell(
        new FunctionEvent.SinkUnavailable(
            scope.function, scope.context.key(), metadata.name(), thrown, UNREADABLE_WAIT));
    scope.later(UNREADABLE_WAIT, () -> metadata(letter, discard, failure, written));
  }

  private void enter(
      LambdaLane.Step.Discard discard,
      List<byte[]> payloads,
      @Nullable Failure failure,
      Runnable written) {
    var items = discard.batch().items();
    var left = new Countdown(items.size(), written);
    for (int i = 0; i < items.size(); i++) {
      var item = items.get(i);
      var why =
          new LetterBook.Why(
              discard.condition(),
              reason(discard, item, failure).error(),
              item.attempts(),
              scope.loop().now());
      scope.book.enter(item.record, payloads.get(i), why, left::less);
    }
  }

  /** Runs what follows when so many are done. */
  private static final class Countdown {
    private final Runnable then;
    private int left;

    Countdown(int left, Runnable then) {
      this.left = left;
      this.then = then;
    }

    void less() {
      left--;
      if (left == 0) {
        then.run();
      }
    }
  }

  private DiscardedBatch letter(
      LambdaLane.Step.Discard discard, Optional<DiscardedBatch.Answer> answer) {
    var batch = discard.batch();
    var first = batch.items().get(0);
    var last = batch.items().get(batch.items().size() - 1);
    var shard = scope.book.shardOf(first.record.position(), scope.context.key());
    // What is too old was not invoked again: its last retry is one that it would have had.
    boolean old = discard.condition().equals(Admission.TOO_OLD);
    int invokeCount = old ? Math.max(1, batch.retries()) : batch.retries() + 1;
    return new DiscardedBatch(
        scope.function + "/" + first.id() + "#" + Math.max(1, first.deliveries),
        "headrace:" + scope.environment.application() + ":" + scope.function,
        discard.condition(),
        invokeCount,
        answer,
        scope.loop().now(),
        shard.shard().value(),
        first.record.position().sequence().value(),
        last.record.position().sequence().value(),
        first.record.arrivedAt(),
        last.record.arrivedAt(),
        batch.items().size(),
        shard.stream().name());
  }
}
