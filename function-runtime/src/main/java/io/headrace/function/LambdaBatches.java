package io.headrace.function;

import io.headrace.kcl.CommitParts;
import io.headrace.kcl.KeyStanding;
import io.headrace.kcl.ShardHandler;
import io.headrace.kcl.StreamRecord;
import io.headrace.kcl.loop.EventLoop;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Many records a call, by the rules of Lambda's event source mapping: a failed batch holds up its
 * lane, and is tried again as it was, in halves, or from the first record that was reported. Does
 * what {@link LambdaLane} says. Owned by the worker loop.
 */
final class LambdaBatches<I, O> implements ShardHandler, FunctionGate.Caller {
  private static final Duration LEASE_IN_DOUBT_WAIT = Duration.ofMillis(200);

  /** Those of some partition keys. */
  private static final class Lane {
    final LambdaLane rules;

    /** When it is asked again though nothing happens; null when it waits for something. */
    @Nullable Instant wakesAt;

    private EventLoop.@Nullable Scheduled timer;

    Lane(LambdaLane rules) {
      this.rules = rules;
    }

    /** One timer at most, however many batches pass within one window. */
    void wakes(@Nullable Instant at, EventLoop.@Nullable Scheduled by) {
      if (timer != null) {
        timer.cancel();
      }
      wakesAt = at;
      timer = by;
    }
  }

  private final Scope scope;
  private final Decoder<I> decoder;
  private final BatchFunction<I, O> function;
  private final LaneRunner.Wiring<O> wiring;
  private final RetryPolicy retry;
  private final FunctionGate gate;
  private final Call.Terms terms;
  private final Courier courier;
  private final LambdaLetters letters;
  private final List<Lane> lanes = new ArrayList<>();
  private final Map<Call<O>, LambdaLane.Batch> running = new LinkedHashMap<>();
  private boolean draining;

  LambdaBatches(
      Scope scope,
      Decoder<I> decoder,
      BatchFunction<I, O> function,
      LaneRunner.Wiring<O> wiring,
      EventSourceMapping mapping) {
    this.scope = scope;
    this.decoder = decoder;
    this.function = function;
    this.wiring = wiring;
    var settings = wiring.settings();
    this.retry = settings.retry();
    this.gate = wiring.gate();
    this.terms = Call.Terms.of(scope, wiring, call -> {});
    this.courier = Courier.ofOutputs(scope, wiring.outlets().letters());
    this.letters = new LambdaLetters(scope, Courier.ofLetters(scope), wiring, mapping);
    var rules =
        new LambdaLane.Rules(
            settings.batch(),
            Admission.of(settings),
            retry.retries(),
            mapping.bisectsBatchOnFunctionError());
    for (int i = 0; i < settings.delivery().concurrentBatches(); i++) {
      lanes.add(new Lane(new LambdaLane(rules)));
    }
    gate.join(this);
  }

  @Override
  public CompletionStage<Void> restore(List<CommitParts> parts) {
    return ParkedStore.noneBut(null, scope, parts);
  }

  @Override
  public void handle(List<StreamRecord> records) {
    var now = scope.loop().now();
    for (var record : records) {
      var item = BatchCall.Item.of(scope, record);
      int lane = Math.floorMod(item.key().hashCode(), lanes.size());
      lanes.get(lane).rules.add(item, now);
    }
    next();
  }

  @Override
  public void hurry() {
    for (var lane : lanes) {
      if (lane.wakesAt != null) {
        lane.rules.hurry();
        scope.post(() -> next(lane));
      }
    }
  }

  @Override
  public CompletionStage<CommitParts> snapshot() {
    return CompletableFuture.completedFuture(CommitParts.NONE);
  }

  @Override
  public void drain() {
    draining = true;
    for (var call : List.copyOf(running.keySet())) {
      var batch = running.get(call);
      if (batch != null && call.withdraw()) {
        running.remove(call);
        gate.lost(call);
        batch.items().forEach(item -> item.deliveries--);
        scope.giveBack(BatchCall.positionsOf(batch.items()));
      }
    }
    lanes.forEach(lane -> scope.giveBack(BatchCall.positionsOf(lane.rules.drain())));
  }

  @Override
  public long callsSince() {
    return Calls.since(running.keySet());
  }

  @Override
  public KeyStanding keys() {
    var failing = new HashSet<String>();
    lanes.forEach(lane -> lane.rules.failing(failing));
    return KeyStanding.of(0, failing.size(), 0);
  }

  @Override
  public Standing standing(Duration patience) {
    if (running.isEmpty() && lanes.stream().anyMatch(lane -> lane.wakesAt != null)) {
      return Standing.RETRYING;
    }
    return Calls.standing(running.keySet(), gate, scope, patience);
  }

  @Override
  public void abandon() {
    scope.end();
    gate.leave(this);
    running.keySet().forEach(Call::abandon);
  }

  @Override
  public void close() {
    abandon();
  }

  @Override
  public void mayCall() {
    scope.post(this::next);
  }

  private void next() {
    lanes.forEach(this::next);
  }

  /** Does what is due in a lane: a call or a letter at most, since more waits for either. */
  private void next(Lane lane) {
    if (draining || scope.isOver() || !gate.admits()) {
      return;
    }
    var step = lane.rules.next(scope.loop().now());
    if (step instanceof LambdaLane.Step.Wait wait) {
      wake(lane, wait.until());
      return;
    }
    lane.wakes(null, null);
    if (step instanceof LambdaLane.Step.Invoke invoke) {
      invoke(lane, invoke.batch());
    } else if (step instanceof LambdaLane.Step.Discard discard) {
      discard(lane, discard, Optional.empty(), null);
    }
  }

  private void wake(Lane lane, Instant at) {
    if (at.equals(lane.wakesAt)) {
      return;
    }
    var timer =
        scope
            .loop()
            .schedule(
                Duration.between(scope.loop().now(), at),
                () ->
                    scope.runUnlessOver(
                        () -> {
                          lane.wakes(null, null);
                          next(lane);
                        }));
    lane.wakes(at, timer);
  }

  private void invoke(Lane lane, LambdaLane.Batch batch) {
    batch.items().forEach(item -> item.deliveries++);
    var task = new BatchCall<>(batch.items(), decoder, function, wiring.outlets());
    var unused = new OutputBuffer<>(wiring.outlets(), OutputBuffer.Origin.NONE);
    var call =
        new Call<>(
            terms,
            task,
            batch.items().get(0).deliveries,
            unused,
            answered -> scope.post(() -> ended(lane, batch, task, answered)));
    running.put(call, batch);
    gate.begins(this, call);
    scope.onPool(wiring.settings().executor().orElse(scope.environment.pool()), call);
  }

  private void ended(Lane lane, LambdaLane.Batch batch, BatchCall<I, O> task, Call<O> call) {
    running.remove(call);
    call.hear();
    var result = call.result();
    if (result instanceof Call.Result.Succeeded) {
      answered(lane, batch, task, call);
    } else if (result instanceof Call.Result.Failed failed) {
      failed(lane, batch, call, Failure.of(failed.cause(), retry));
    } else {
      gate.lost(call);
      hold(lane, batch, LEASE_IN_DOUBT_WAIT);
    }
    next();
  }

  /** The function returned: all is done before the first record that it reported. */
  private void answered(Lane lane, LambdaLane.Batch batch, BatchCall<I, O> task, Call<O> call) {
    var items = batch.items();
    int from = 0;
    while (from < items.size() && task.answer(items.get(from)).fault() == null) {
      from++;
    }
    if (from == items.size()) {
      gate.succeeded(scope, call, isFirst(batch) ? 1 : 0);
      settle(items, task, () -> done(lane));
      return;
    }
    int reported = from;
    var fault = task.answer(items.get(from)).fault();
    var failure = Failure.of(fault == null ? new NullPointerException() : fault, retry);
    if (failure.fatal()) {
      scope.fail(failure.cause());
      return;
    }
    boolean held = gate.takes(scope, call, call.since(), isFirst(batch), failure);
    settle(items.subList(0, from), task, () -> reported(lane, batch, reported, held, failure));
  }

  private void reported(
      Lane lane, LambdaLane.Batch batch, int from, boolean held, Failure failure) {
    var items = batch.items();
    var rest = new LambdaLane.Batch(items.subList(from, items.size()), batch.retries());
    if (held) {
      hold(lane, rest, Duration.ZERO);
    } else if (failure.terminal()) {
      // No retry mends it: it leaves alone, and those behind it go on as they were.
      discardFirst(lane, rest, failure);
    } else {
      tryAgain(lane, batch, from, failure, DiscardedBatch.Answer.REPORTED_FAILURES);
    }
    next();
  }

  private void failed(Lane lane, LambdaLane.Batch batch, Call<O> call, Failure failure) {
    if (failure.fatal()) {
      scope.fail(failure.cause());
    } else if (gate.takes(scope, call, call.since(), isFirst(batch), failure)) {
      hold(lane, batch, Duration.ZERO);
    } else if (failure.terminal() && batch.items().size() == 1) {
      discardFirst(lane, batch, failure);
    } else {
      tryAgain(lane, batch, 0, failure, DiscardedBatch.Answer.FAILED);
    }
  }

  /**
   * By these rules batches fail, so of the last records that failed each batch is one; its parts
   * are not, or one bad record would be as many as it takes to find it.
   */
  private static boolean isFirst(LambdaLane.Batch batch) {
    return batch.items().get(0).deliveries == 1;
  }

  private void tryAgain(
      Lane lane, LambdaLane.Batch batch, int from, Failure failure, DiscardedBatch.Answer answer) {
    var shard = scope.context.key();
    var first = batch.items().get(from);
    scope.tell(
        new FunctionEvent.RecordFailed(
            scope.function,
            shard,
            first.record.position(),
            first.deliveries,
            failure.error(),
            failure.code()));
    var wait = retry.waitAfter(batch.retries() + 1, scope.random());
    var discard = lane.rules.failed(batch, from, scope.loop().now(), wait);
    if (discard != null) {
      discard(lane, discard, Optional.of(answer), failure);
      return;
    }
    scope.tell(
        new FunctionEvent.RetryScheduled(
            scope.function, shard, first.record.position(), first.deliveries, wait));
    giveBackIfDraining(lane);
  }

  /** Is invoked again as it was, as if it had not been. */
  private void hold(Lane lane, LambdaLane.Batch batch, Duration wait) {
    batch.items().forEach(item -> item.deliveries--);
    lane.rules.held(batch, scope.loop().now().plus(wait));
    giveBackIfDraining(lane);
  }

  private void giveBackIfDraining(Lane lane) {
    if (draining) {
      scope.giveBack(BatchCall.positionsOf(lane.rules.drain()));
    }
  }

  private void settle(List<BatchCall.Item> items, BatchCall<I, O> task, Runnable then) {
    var outputs = new ArrayList<Outlet.Parcel<?>>();
    items.forEach(item -> outputs.addAll(task.answer(item).outputs()));
    courier.deliverInOrder(
        outputs,
        () -> {
          for (var item : items) {
            settle(item, task.answer(item).filtered() ? Outcome.FILTERED : Outcome.HANDLED);
          }
          then.run();
        });
  }

  private void settle(BatchCall.Item item, Outcome outcome) {
    scope.context.outcomes().settled(item.record.position(), outcome);
  }

  private void done(Lane lane) {
    lane.rules.done();
    next(lane);
  }

  private void discardFirst(Lane lane, LambdaLane.Batch batch, Failure failure) {
    var items = batch.items();
    var first = new LambdaLane.Batch(items.subList(0, 1), batch.retries());
    if (items.size() > 1) {
      lane.rules.behind(new LambdaLane.Batch(items.subList(1, items.size()), batch.retries()));
    }
    discard(
        lane,
        new LambdaLane.Step.Discard(first, failure.code()),
        Optional.of(DiscardedBatch.Answer.FAILED),
        failure);
    giveBackIfDraining(lane);
  }

  /** The lane goes on when the letter is durable. */
  private void discard(
      Lane lane,
      LambdaLane.Step.Discard discard,
      Optional<DiscardedBatch.Answer> answer,
      @Nullable Failure failure) {
    letters.write(
        discard,
        answer,
        failure,
        () -> {
          for (var item : discard.batch().items()) {
            scope.tell(
                new FunctionEvent.DeadLettered(
                    scope.function,
                    scope.context.key(),
                    item.record.position(),
                    item.deliveries,
                    discard.condition()));
            settle(item, Outcome.DEAD_LETTERED);
          }
          done(lane);
        });
  }
}
