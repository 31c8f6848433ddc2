package io.headrace.harness.fleet;

import io.headrace.checkpoint.CheckpointStore;
import io.headrace.checkpoint.LetterLedger;
import io.headrace.checkpoint.OperatorStore;
import io.headrace.checkpoint.ProgressItem;
import io.headrace.checkpoint.ProgressKey;
import io.headrace.checkpoint.WriteAnswer;
import io.headrace.harness.fleet.Weather.Mishap;
import io.headrace.harness.fleet.Weather.Service;
import io.headrace.kcl.CheckpointException;
import io.headrace.kcl.CheckpointThrottledException;
import io.headrace.kcl.LeaseToken;
import io.headrace.kcl.StartingPosition;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/** The progress store of a simulated fleet as one process reaches it. */
record NetworkedStore(CheckpointStore store, Network network) implements CheckpointStore {
  private <T> CompletionStage<T> send(String what, Supplier<CompletionStage<T>> request) {
    return network.send(Service.PROGRESS, what, request, NetworkedStore::failure);
  }

  private static CheckpointException failure(String sentence) {
    return sentence.endsWith(Mishap.THROTTLED.name())
        ? new CheckpointThrottledException(sentence)
        : new CheckpointException(sentence);
  }

  @Override
  public CompletionStage<StartingPosition> startOf(String function, StartingPosition proposed) {
    return send("start of " + function, () -> store.startOf(function, proposed));
  }

  @Override
  public CompletionStage<ProgressItem> seal(ProgressKey key, LeaseToken token, String nonce) {
    return send(
        "seal " + Names.of(key) + " with " + Names.of(token), () -> store.seal(key, token, nonce));
  }

  @Override
  public CompletionStage<Void> takeOver(TakeOver takeOver) {
    return send("take over " + Names.of(takeOver.key()), () -> store.takeOver(takeOver));
  }

  @Override
  public CompletionStage<WriteAnswer> commit(Commit commit) {
    return send(describe(commit), () -> store.commit(commit));
  }

  @Override
  public CompletionStage<WriteAnswer> end(End end) {
    return send(describe(end), () -> store.end(end));
  }

  @Override
  public OperatorStore operator() {
    return new NetworkedOperator(store.operator(), network);
  }

  @Override
  public LetterLedger letters() {
    return store.letters();
  }

  private static String describe(Write write) {
    return Names.of(write.claim().key())
        + " "
        + Names.of(write)
        + " on "
        + write.claim().rev()
        + " of "
        + Names.of(write.claim().token());
  }
}
