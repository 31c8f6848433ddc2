package io.headrace.harness;

import io.headrace.checkpoint.FunctionRegister;
import io.headrace.checkpoint.OperatorStore;
import io.headrace.checkpoint.Order;
import io.headrace.checkpoint.Orders;
import io.headrace.checkpoint.ProgressKey;
import io.headrace.checkpoint.ProgressRow;
import io.headrace.kcl.CommitParts;
import io.headrace.kcl.Progress;
import io.headrace.kcl.StartingPosition;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** An operator's side of a store that passes everything on: planted faults change one call. */
class OperatorShim implements OperatorStore {
  private final OperatorStore store;

  OperatorShim(OperatorStore store) {
    this.store = store;
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
