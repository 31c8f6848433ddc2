package io.headrace.function;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Puts batches of {@link LambdaBatches} into the dead-letter sink, durably: their metadata, or each
 * record with its payload, as the mapping says. Owned by the worker loop.
 */
final class LambdaLetters {
  private final Scope scope;
  private final Courier courier;
  private final LetterWriter whole;
  private final Outlet<DiscardedBatch, ?> metadata;
  private final Admission admission;
  private final boolean withPayload;

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
      metadata(discard, answer, written);
    }
  }

  private void each(LambdaLane.Step.Discard discard, @Nullable Failure failure, Runnable written) {
    var items = discard.batch().items();
    int[] left = {items.size()};
    for (var item : items) {
      var why =
          failure != null
              ? failure
              : admission.failure(discard.condition(), item.record, scope.loop().now());
      whole.write(
          item,
          why,
          discard.condition(),
          () -> {
            if (--left[0] == 0) {
              written.run();
            }
          });
    }
  }

  private void metadata(
      LambdaLane.Step.Discard discard, Optional<DiscardedBatch.Answer> answer, Runnable written) {
    var letter = letter(discard, answer);
    scope.onPool(
        scope.environment.background(),
        () -> {
          Outlet.Parcel<?> parcel;
          try {
            parcel = Outlet.Parcel.of(metadata, new Outlet.Origin(letter.requestId()), letter);
          } catch (Exception thrown) {
            throw new IllegalStateException("a letter could not be made", thrown); // Ours.
          }
          scope.post(() -> courier.deliver(List.of(parcel), written));
        });
  }

  private DiscardedBatch letter(
      LambdaLane.Step.Discard discard, Optional<DiscardedBatch.Answer> answer) {
    var batch = discard.batch();
    var first = batch.items().get(0);
    var last = batch.items().get(batch.items().size() - 1);
    var shard = scope.context.key();
    // What is too old was not invoked again: its last retry is one that it would have had.
    boolean old = discard.condition().equals(Admission.TOO_OLD);
    int invokeCount = old ? Math.max(1, batch.retries()) : batch.retries() + 1;
    return new DiscardedBatch(
        scope.function + "/" + first.id + "#" + Math.max(1, first.deliveries),
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
