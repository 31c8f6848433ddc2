package io.headrace.harness.fleet;

import io.headrace.checkpoint.CheckpointStore;
import io.headrace.checkpoint.ForwardingCheckpointStore;
import io.headrace.checkpoint.ProgressItem;
import io.headrace.checkpoint.ProgressKey;
import io.headrace.checkpoint.WriteAnswer;
import io.headrace.kcl.LeaseToken;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;

/** The one progress store of a simulated fleet, which tells judges of each write it carries out. */
final class WatchedStore extends ForwardingCheckpointStore {
  private final ProgressJudge judge;
  private final BiConsumer<Write, WriteAnswer> alsoTold;

  /**
   * @param alsoTold of each commit and end, behind the judge
   */
  WatchedStore(
      CheckpointStore store, ProgressJudge judge, BiConsumer<Write, WriteAnswer> alsoTold) {
    super(store);
    this.judge = judge;
    this.alsoTold = alsoTold;
  }

  @Override
  public CompletionStage<ProgressItem> seal(ProgressKey key, LeaseToken token, String nonce) {
    return super.seal(key, token, nonce)
        .thenApply(
            item -> {
              judge.sealed(key, token, item);
              return item;
            });
  }

  @Override
  public CompletionStage<WriteAnswer> commit(Commit commit) {
    return watch(commit, super.commit(commit));
  }

  @Override
  public CompletionStage<WriteAnswer> end(End end) {
    return watch(end, super.end(end));
  }

  private CompletionStage<WriteAnswer> watch(Write write, CompletionStage<WriteAnswer> answered) {
    return answered.thenApply(
        answer -> {
          judge.written(write, answer);
          alsoTold.accept(write, answer);
          return answer;
        });
  }
}
