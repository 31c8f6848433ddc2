package io.headrace.function;

import io.headrace.kcl.CheckpointException;
import io.headrace.kcl.CommitParts;
import io.headrace.kcl.ShardHandler;
import io.headrace.kcl.StreamRecord;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Keeps a function without state from a shard in which its successor has some: its first commit
 * would forget it. Owned by the worker loop.
 */
final class StatelessGate extends Gate {
  private final Scope scope;

  StatelessGate(Scope scope, ShardHandler behind) {
    super(behind);
    this.scope = scope;
  }

  @Override
  public CompletionStage<Void> restore(List<CommitParts> parts) {
    if (parts.stream().anyMatch(each -> each.parts().containsKey(StateRoot.STATE))) {
      return CompletableFuture.failedFuture(
          new CheckpointException(
              "function "
                  + scope.function
                  + ", shard "
                  + scope.context.key()
                  + ": there is state, which this version of the function does not keep and would"
                  + " forget. Run the version that keeps it, or drop it: headrace seek FILE"
                  + " --function "
                  + scope.function
                  + " --to POSITION --reason WHY"));
    }
    return super.restore(parts);
  }

  @Override
  public void handle(List<StreamRecord> records) {
    behind.handle(records);
  }
}
