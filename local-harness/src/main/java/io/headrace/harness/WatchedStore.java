package io.headrace.harness;

import io.headrace.checkpoint.CheckpointStore;
import io.headrace.checkpoint.LetterLedger;
import io.headrace.checkpoint.OperatorStore;
import io.headrace.checkpoint.ProgressItem;
import io.headrace.checkpoint.ProgressKey;
import io.headrace.checkpoint.WriteAnswer;
import io.headrace.kcl.LeaseToken;
import io.headrace.kcl.StartingPosition;
import java.util.concurrent.CompletionStage;

/**
 * The one progress store of a simulated fleet, which tells a judge of each write it carries out.
 */
record WatchedStore(CheckpointStore store, ProgressJudge judge) implements CheckpointStore {
  @Override
  public CompletionStage<StartingPosition> startOf(String function, StartingPosition proposed) {
    return store.startOf(function, proposed);
  }

  @Override
  public CompletionStage<ProgressItem> seal(ProgressKey key, LeaseToken token, String nonce) {
    return store
        .seal(key, token, nonce)
        .thenApply(
            item -> {
              judge.sealed(key, token, item);
              return item;
            });
  }

  @Override
  public CompletionStage<WriteAnswer> commit(Commit commit) {
    return watch(commit, store.commit(commit));
  }

  @Override
  public CompletionStage<WriteAnswer> end(End end) {
    return watch(end, store.end(end));
  }

  @Override
  public OperatorStore operator() {
    return store.operator();
  }

  @Override
  public LetterLedger letters() {
    return store.letters();
  }

  private CompletionStage<WriteAnswer> watch(Write write, CompletionStage<WriteAnswer> answered) {
    return answered.thenApply(
        answer -> {
          judge.written(write, answer);
          return answer;
        });
  }
}
