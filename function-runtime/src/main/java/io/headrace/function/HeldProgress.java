package io.headrace.function;

import io.headrace.checkpoint.OperatorStore;
import io.headrace.checkpoint.ProgressKey;
import io.headrace.checkpoint.ProgressRow;
import io.headrace.checkpoint.TakenOverException;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.loop.Stages;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Finds the progress of a function that had other names in one shard: under the present name, or
 * still or again under a former one.
 */
final class HeldProgress {
  private final OperatorStore store;
  private final List<ProgressKey> keys = new ArrayList<>();

  HeldProgress(OperatorStore store, FunctionSpec<?, ?> spec, ShardKey shard) {
    this.store = store;
    var stream = shard.stream().name();
    keys.add(new ProgressKey(shard, spec.handlerName(stream)));
    spec.formerHandlers(stream).forEach(former -> keys.add(new ProgressKey(shard, former)));
  }

  /** What has begun comes before what only knows of parents, and that before nothing. */
  CompletionStage<ProgressRow> found() {
    return look(0, new ArrayList<>());
  }

  private CompletionStage<ProgressRow> look(int next, List<ProgressRow> rows) {
    if (next == keys.size()) {
      // Of equals the first is taken: the present name, then the latest one.
      return CompletableFuture.completedFuture(
          rows.stream()
              .min(Comparator.comparingInt(HeldProgress::rank))
              .orElse(ProgressRow.absent(keys.get(0))));
    }
    return store
        .progress(keys.get(next))
        .handle(
            (row, thrown) -> {
              if (thrown == null) {
                rows.add(row);
              } else if (Stages.causeOf(thrown) instanceof TakenOverException taken) {
                var other = keys.get(next).named(taken.successor());
                if (!keys.contains(other)) {
                  keys.add(other);
                }
              } else {
                return CompletableFuture.<ProgressRow>failedFuture(Stages.causeOf(thrown));
              }
              return look(next + 1, rows);
            })
        .thenCompose(found -> found);
  }

  private static int rank(ProgressRow row) {
    return row.item().isPresent() || row.moved().isPresent() ? 0 : row.parents().isEmpty() ? 2 : 1;
  }
}
