package io.headrace.checkpoint;

import io.headrace.kcl.CommitParts;
import io.headrace.kcl.Progress;
import io.headrace.kcl.StartingPosition;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletionStage;

/**
 * An operator's side of a store that passes everything on to another: what watches or changes some
 * of its calls extends it. Called as the other store is.
 */
public abstract class ForwardingOperatorStore implements OperatorStore {
  private final OperatorStore store;

  /** Passes on to this store. */
  protected ForwardingOperatorStore(OperatorStore store) {
    this.store = Objects.requireNonNull(store, "store");
  }

  @Override
  public CompletionStage<Orders> orders() {
    return store.orders();
  }

  @Override
  public FunctionRegister functions() {
    return store.functions();
  }

  @Override
  public CompletionStage<Boolean> give(Order order) {
    return store.give(order);
  }

  @Override
  public CompletionStage<Void> forget(List<Order> spent) {
    return store.forget(spent);
  }

  @Override
  public CompletionStage<ProgressRow> progress(ProgressKey key) {
    return store.progress(key);
  }

  @Override
  public CompletionStage<Found> progress(int bucket) {
    return store.progress(bucket);
  }

  @Override
  public CompletionStage<Boolean> move(ProgressRow seen, StartingPosition to, long order) {
    return store.move(seen, to, order);
  }

  @Override
  public CompletionStage<Boolean> install(
      ProgressRow seen, StartingPosition to, Progress progress, CommitParts parts, long order) {
    return store.install(seen, to, progress, parts, order);
  }
}
