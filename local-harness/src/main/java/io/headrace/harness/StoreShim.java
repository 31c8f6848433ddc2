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

/** A progress store that passes everything on: planted faults change one call of it. */
class StoreShim implements CheckpointStore {
  final CheckpointStore store;

  StoreShim(CheckpointStore store) {
    this.store = store;
  }

  @Override
  public CompletionStage<StartingPosition> startOf(String function, StartingPosition proposed) {
    return store.startOf(function, proposed);
  }

  @Override
  public CompletionStage<ProgressItem> seal(ProgressKey key, LeaseToken token, String nonce) {
    return store.seal(key, token, nonce);
  }

  @Override
  public CompletionStage<WriteAnswer> commit(Commit commit) {
    return store.commit(commit);
  }

  @Override
  public CompletionStage<WriteAnswer> end(End end) {
    return store.end(end);
  }

  @Override
  public OperatorStore operator() {
    return store.operator();
  }

  @Override
  public LetterLedger letters() {
    return store.letters();
  }
}
