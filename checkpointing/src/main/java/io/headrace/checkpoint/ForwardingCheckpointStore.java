package io.headrace.checkpoint;

import io.headrace.kcl.LeaseToken;
import io.headrace.kcl.StartingPosition;
import java.util.Objects;
import java.util.concurrent.CompletionStage;

/**
 * A progress store that passes everything on to another: what watches or changes some of its calls
 * extends it. A last commit goes through {@link #commit} unless {@link #commitLast} is overridden,
 * so that whoever looks at commits sees all of them. Called as the other store is.
 */
public abstract class ForwardingCheckpointStore implements CheckpointStore {
  private final CheckpointStore store;

  /** Passes on to this store. */
  protected ForwardingCheckpointStore(CheckpointStore store) {
    this.store = Objects.requireNonNull(store, "store");
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
  public CompletionStage<Void> takeOver(TakeOver takeOver) {
    return store.takeOver(takeOver);
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
