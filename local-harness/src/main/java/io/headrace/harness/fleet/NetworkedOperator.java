package io.headrace.harness.fleet;

import io.headrace.checkpoint.FunctionRegister;
import io.headrace.checkpoint.OperatorStore;
import io.headrace.checkpoint.Order;
import io.headrace.checkpoint.Orders;
import io.headrace.checkpoint.ProgressKey;
import io.headrace.checkpoint.ProgressRow;
import io.headrace.harness.fleet.Weather.Service;
import io.headrace.kcl.CheckpointException;
import io.headrace.kcl.CommitParts;
import io.headrace.kcl.Progress;
import io.headrace.kcl.StartingPosition;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/** The operator's side of a simulated fleet's progress store as one process reaches it. */
record NetworkedOperator(OperatorStore store, Network network) implements OperatorStore {
  private <T> CompletionStage<T> send(String what, Supplier<CompletionStage<T>> request) {
    return network.send(Service.PROGRESS, what, request, CheckpointException::new);
  }

  @Override
  public CompletionStage<Orders> orders() {
    return send("orders", store::orders);
  }

  @Override
  public FunctionRegister functions() {
    return store.functions();
  }

  @Override
  public CompletionStage<Boolean> give(Order order) {
    return send("order " + order.number(), () -> store.give(order));
  }

  @Override
  public CompletionStage<Void> forget(List<Order> spent) {
    return send("forget " + spent.size() + " orders", () -> store.forget(spent));
  }

  @Override
  public CompletionStage<ProgressRow> progress(ProgressKey key) {
    return send("progress " + Names.of(key), () -> store.progress(key));
  }

  @Override
  public CompletionStage<Found> progress(int bucket) {
    return send("progress of bucket " + bucket, () -> store.progress(bucket));
  }

  @Override
  public CompletionStage<Boolean> move(ProgressRow seen, StartingPosition to, long order) {
    return send("move " + Names.of(seen.key()), () -> store.move(seen, to, order));
  }

  @Override
  public CompletionStage<Boolean> install(
      ProgressRow seen, StartingPosition to, Progress progress, CommitParts parts, long order) {
    return send(
        "install " + Names.of(seen.key()), () -> store.install(seen, to, progress, parts, order));
  }
}
