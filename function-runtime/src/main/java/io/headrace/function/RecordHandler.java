package io.headrace.function;

import io.headrace.kcl.CommitParts;
import io.headrace.kcl.KeyStanding;
import io.headrace.kcl.ShardHandler;
import io.headrace.kcl.StreamRecord;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** One record a call, without state, in the lanes of the partition keys. */
final class RecordHandler<I, O> implements ShardHandler {
  /** How the function is called; on the invocation pool, once the lease was asked. */
  @FunctionalInterface
  interface Invocation<I, O> {
    CompletionStage<?> call(Event<I> event, Output<O> out) throws Exception;
  }

  /** Of an invocation that waits for nothing. */
  static final CompletionStage<?> DONE = CompletableFuture.completedFuture(null);

  private final Scope scope;
  private final Decoder<I> decoder;
  private final Invocation<I, O> invocation;
  private final LaneRunner<O> lanes;

  RecordHandler(
      Scope scope, Decoder<I> decoder, Invocation<I, O> invocation, LaneRunner.Wiring<O> wiring) {
    this.scope = scope;
    this.decoder = decoder;
    this.invocation = invocation;
    this.lanes = wiring.open(scope, (task, outcome) -> settled(scope, task, outcome));
  }

  static void settled(Scope scope, Task<?> task, Outcome outcome) {
    var position = task.position();
    if (position != null) {
      scope.context.outcomes().settled(position, outcome);
    }
  }

  @Override
  public CompletionStage<Void> restore(List<CommitParts> parts) {
    return CompletableFuture.completedFuture(null);
  }

  @Override
  public void handle(List<StreamRecord> records) {
    for (var record : records) {
      lanes.add(new One(record));
    }
    lanes.start();
  }

  @Override
  public CompletionStage<CommitParts> snapshot() {
    return CompletableFuture.completedFuture(CommitParts.NONE);
  }

  @Override
  public void drain() {
    lanes.drain();
  }

  @Override
  public long callsSince() {
    return lanes.callsSince();
  }

  @Override
  public KeyStanding keys() {
    return lanes.keys();
  }

  @Override
  public Standing standing(Duration patience) {
    return lanes.standing(patience);
  }

  @Override
  public void abandon() {
    scope.end();
    lanes.abandon();
  }

  @Override
  public void close() {
    abandon();
  }

  private final class One extends Task.OfRecord<O> {
    One(StreamRecord record) {
      super(record, scope.idOf(record.position()));
    }

    @Override
    CompletionStage<Effect> perform(Call<O> call, OutputBuffer<O> out) throws Exception {
      var decoded = decoder.decode(record);
      if (decoded.end()) {
        return CompletableFuture.completedFuture(Effect.FILTERED);
      }
      var event = event(decoded, call);
      call.enter();
      var stage = Call.answerOf(invocation.call(event, out));
      if (stage == DONE) {
        return Effect.HANDLED_NOW;
      }
      call.waitsFor(stage);
      return stage.thenApply(any -> Effect.HANDLED);
    }
  }
}
