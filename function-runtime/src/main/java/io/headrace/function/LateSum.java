package io.headrace.function;

import io.headrace.function.through.Envelope.Partial;
import io.headrace.kcl.ShardHandler.Outcome;
import io.headrace.kcl.StreamRecord;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * The sum of records whose windows are all forgotten. They are counted; where there is a side for
 * late records it can't have them, since only their sum is here, which goes to the dead letters.
 */
final class LateSum<O> extends Task.OfRecord<O> {
  static final String CODE = "LateSum";

  private final Scope scope;
  private final @Nullable Side<?> side;
  private final Partial partial;

  LateSum(Scope scope, @Nullable Side<?> side, StreamRecord record, Partial partial) {
    super(record, scope.shardOf(record.position()));
    this.scope = scope;
    this.side = side;
    this.partial = partial;
  }

  @Override
  CompletionStage<Effect> perform(Call<O> call, OutputBuffer<O> out) {
    int records = partial.places().size();
    if (side != null) {
      throw new TerminalFailure(
          CODE,
          "the windows of "
              + records
              + " records were forgotten while their sum was on its way: side "
              + side.name()
              + " can't have them");
    }
    return CompletableFuture.completedFuture(new Effect(Outcome.FILTERED, () -> tell(records)));
  }

  private void tell(int records) {
    for (int i = 0; i < records; i++) {
      scope.tell(
          new FunctionEvent.LateDropped(scope.function, scope.context.key(), record.position()));
    }
  }
}
