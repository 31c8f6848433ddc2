package io.headrace.function;

import io.headrace.kcl.ShardHandler.Outcome;
import io.headrace.kcl.StreamRecord;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** A record whose windows are all forgotten: it goes to its side, or is counted. */
final class LateRecord<I, O> extends Task.OfRecord<O> {
  private final Scope scope;
  private final @Nullable Side<I> side;
  private final Decoder.Decoded<I> decoded;

  LateRecord(Scope scope, @Nullable Side<I> side, StreamRecord record, Decoder.Decoded<I> decoded) {
    super(record, scope.shardOf(record.position()));
    this.scope = scope;
    this.side = side;
    this.decoded = decoded;
  }

  @Override
  CompletionStage<Effect> perform(Call<O> call, OutputBuffer<O> out) {
    if (side != null) {
      out.send(side, decoded.value());
      return CompletableFuture.completedFuture(Effect.HANDLED);
    }
    var shard = scope.context.key();
    return CompletableFuture.completedFuture(
        new Effect(
            Outcome.FILTERED,
            () ->
                scope.tell(
                    new FunctionEvent.LateDropped(scope.function, shard, record.position()))));
  }
}
