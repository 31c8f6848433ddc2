package io.headrace.function;

import io.headrace.kcl.CommitParts;
import io.headrace.kcl.KeyStanding;
import io.headrace.kcl.ShardHandler;
import io.headrace.kcl.ShardKey;
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
  private final ParkedKeys<O> parked;

  RecordHandler(
      Scope scope, Decoder<I> decoder, Invocation<I, O> invocation, LaneRunner.Wiring<O> wiring) {
    this.scope = scope;
    this.decoder = decoder;
    this.invocation = invocation;
    this.lanes = wiring.open(scope, this::settled);
    this.parked =
        new ParkedKeys<>(
            scope,
            CommitParts.PARKED,
            wiring.settings(),
            lanes,
            (record, origin) -> new One(record, origin));
  }

  private void settled(Task<O> task, Outcome outcome) {
    settled(scope, parked, task, outcome);
  }

  /** Tells the engine, unless it has the record settled as parked already. */
  static <O> void settled(Scope scope, ParkedKeys<O> parked, Task<O> task, Outcome outcome) {
    var one = (Task.OfRecord<O>) task;
    if (!parked.finished(one, outcome)) {
      scope.context.outcomes().settled(one.record.position(), outcome);
    }
  }

  @Override
  public CompletionStage<Void> restore(List<CommitParts> parts) {
    return parked.restore(parts);
  }

  @Override
  public void handle(List<StreamRecord> records) {
    parked.handle(records);
  }

  @Override
  public CompletionStage<CommitParts> snapshot() {
    return parked.snapshot(CompletableFuture.completedFuture(CommitParts.NONE));
  }

  @Override
  public void committed(CommitParts parts) {
    parked.committed(parts);
  }

  @Override
  public void drain() {
    lanes.drain();
    parked.drain();
  }

  @Override
  public CompletionStage<Void> quiet() {
    return lanes.quiet();
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
  public Duration parkedCallsOverdue() {
    return lanes.parkedCallsOverdue();
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
    One(StreamRecord record, ShardKey shard) {
      super(record, shard);
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
