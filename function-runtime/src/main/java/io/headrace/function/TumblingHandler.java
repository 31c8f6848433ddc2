package io.headrace.function;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.headrace.kcl.CommitParts;
import io.headrace.kcl.Position;
import io.headrace.kcl.ShardHandler;
import io.headrace.kcl.ShardId;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StreamRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * A Lambda handler with tumbling windows, in one shard: one call at a time, and nothing overtakes
 * one that fails. Does what {@link TumblingLane} says; a window's state is committed with the
 * records that it holds. Owned by the worker loop.
 *
 * <p>A shard that ends passes its open windows on with its state. The child that holds the first
 * key of the parent ends the parent's window, once, before it begins its own.
 */
final class TumblingHandler<O> implements ShardHandler, FunctionGate.Caller, FilterGate.Witness {
  private static final Duration LEASE_IN_DOUBT_WAIT = Duration.ofMillis(200);

  private static final String STATELESS =
      "an answer within a window must have an object under state";

  /** The format of a stored window. */
  private static final int VERSION = 1;

  private final Scope scope;
  private final LambdaPool pool;
  private final LaneRunner.Wiring<O> wiring;
  private final RetryPolicy retry;
  private final Admission admission;
  private final FunctionGate gate;
  private final Call.Terms terms;
  private final LetterWriter letters;
  private final StateKeeper keeper;
  private final TumblingLane lane;
  private @Nullable Call<O> running;

  /** Of the call that runs, or ran last. */
  private List<BatchCall.Item> inCall = List.of();

  /** Of the step that is tried now: not fewer after a part of it is done. */
  private int attempts;

  private long calls;
  private boolean backingOff;
  private boolean draining;
  private boolean changed;
  private @Nullable Instant wakesAt;

  TumblingHandler(Scope scope, Duration size, LambdaPool pool, LaneRunner.Wiring<O> wiring) {
    this.scope = scope;
    this.pool = pool;
    this.wiring = wiring;
    var settings = wiring.settings();
    this.retry = settings.retry();
    this.admission = Admission.of(settings);
    this.gate = wiring.gate();
    this.terms = Call.Terms.of(scope, wiring, call -> {});
    this.letters = new LetterWriter(scope, Courier.ofLetters(scope), wiring.outlets().letters());
    this.keeper = new StateKeeper(scope);
    this.lane =
        new TumblingLane(
            scope.context.key().shard(), size, settings.batch(), settings.delivery().payload());
    gate.join(this);
  }

  @Override
  public CompletionStage<Void> restore(List<CommitParts> parts) {
    return ParkedStore.noneBut(null, scope, parts)
        .thenCompose(known -> keeper.load(parts))
        .thenCompose(chunks -> Scope.onLoop(scope, () -> chunks.forEach(this::restore)));
  }

  private void restore(StateChunk chunk) {
    changed = keeper.isInherited();
    for (var entry : chunk.entries()) {
      var window = window(entry);
      boolean own = window.shard().equals(scope.context.key().shard());
      if (own || scope.context.shard().range().holds(chunk.range().first())) {
        lane.restore(window, scope.loop().now());
      }
    }
    scope.post(this::next);
  }

  private static TumblingLane.Open window(StateChunk.Entry entry) {
    var span = entry.span();
    if (span == null) {
      throw new IllegalStateException("a state of a key among windows; was the function renamed?");
    }
    return new TumblingLane.Open(
        new ShardId(entry.key().key()), span, new String(entry.value(), UTF_8));
  }

  @Override
  public void handle(List<StreamRecord> records) {
    var now = scope.loop().now();
    for (var record : records) {
      lane.add(BatchCall.Item.of(scope, record), now);
    }
    next();
  }

  @Override
  public void keptBack(Instant latestArrival) {
    lane.passedBy(latestArrival, scope.loop().now());
    next();
  }

  @Override
  public CompletionStage<CommitParts> snapshot() {
    boolean was = changed;
    changed = false;
    var entries = new ArrayList<StateChunk.Entry>();
    for (var window : lane.unfinished()) {
      var key = new StateKey("", window.shard().value());
      entries.add(new StateChunk.Entry(key, window.span(), window.state().getBytes(UTF_8)));
    }
    return keeper
        .snapshot(was, () -> StateChunk.ofKeys(scope.context.shard().range(), VERSION, entries))
        .whenComplete((parts, thrown) -> changed |= thrown != null);
  }

  @Override
  public void committed(CommitParts parts) {
    keeper.committed(parts);
  }

  @Override
  public void drain() {
    draining = true;
    var left = new ArrayList<BatchCall.Item>();
    var call = running;
    if (call != null && call.withdraw()) {
      running = null;
      gate.lost(call);
      inCall.forEach(item -> item.deliveries--);
      left.addAll(inCall);
    }
    left.addAll(lane.drain());
    scope.giveBack(BatchCall.positionsOf(left));
  }

  @Override
  public long callsSince() {
    return running == null ? Long.MAX_VALUE : running.since();
  }

  @Override
  public Standing standing(Duration patience) {
    if (running != null) {
      return running.standing(patience);
    }
    return gate.isOpen() ? scope.standing() : Standing.RETRYING;
  }

  @Override
  public void abandon() {
    scope.end();
    gate.leave(this);
    if (running != null) {
      running.abandon();
    }
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
    if (running != null || backingOff || draining || scope.isOver() || !gate.admits()) {
      return;
    }
    var now = scope.loop().now();
    if (!admission.isOpen()) {
      var refused =
          lane.takeNextIf(item -> admission.refusal(item.record, item.again, now) != null);
      if (refused != null) {
        turnAway(
            refused, Objects.requireNonNull(admission.refusal(refused.record, refused.again, now)));
        return;
      }
    }
    var step = lane.next(now);
    if (step instanceof TumblingLane.Step.Invoke invoke) {
      invoke(invoke);
    } else if (step instanceof TumblingLane.Step.Wait wait) {
      wakeAt(wait.until());
    }
  }

  /** It belongs to no window then. */
  private void turnAway(BatchCall.Item item, Failure refusal) {
    backingOff = true;
    var position = item.record.position();
    letters.write(
        item,
        refusal,
        refusal.code(),
        () -> {
          backingOff = false;
          scope.tell(
              new FunctionEvent.DeadLettered(
                  scope.function, scope.context.key(), position, item.deliveries, refusal.code()));
          scope.context.outcomes().settled(position, Outcome.DEAD_LETTERED);
          if (!lane.isTrying()) {
            attempts = 0;
          }
          next();
        });
  }

  /**
   * One timer at a time: it asks again. The wall clock may not be there yet by then, as timers go
   * by the other one.
   */
  private void wakeAt(Instant at) {
    if (wakesAt != null && !at.isBefore(wakesAt)) {
      return;
    }
    wakesAt = at;
    var unused =
        scope
            .loop()
            .schedule(
                Duration.between(scope.loop().now(), at),
                () -> {
                  if (at.equals(wakesAt)) {
                    wakesAt = null;
                  }
                  scope.runUnlessOver(this::next);
                });
  }

  private void invoke(TumblingLane.Step.Invoke step) {
    attempts++;
    calls++;
    step.items().forEach(item -> item.deliveries++);
    var task = new WindowTask(step, calls);
    var unused = new OutputBuffer<>(wiring.outlets(), OutputBuffer.Origin.NONE);
    var call =
        new Call<>(
            terms,
            task,
            attempts,
            unused,
            answered -> scope.post(() -> ended(step, task, answered)));
    running = call;
    inCall = step.items();
    gate.begins(this, call);
    scope.onPool(wiring.settings().executor().orElse(scope.environment.pool()), call);
  }

  private void ended(TumblingLane.Step.Invoke step, WindowTask task, Call<O> call) {
    running = null;
    call.hear();
    var result = call.result();
    if (result instanceof Call.Result.Succeeded) {
      answered(step, task.answer(), call);
    } else if (result instanceof Call.Result.Failed failed) {
      failed(step, Failure.of(failed.cause(), retry), call);
    } else {
      gate.lost(call);
      hold(step, LEASE_IN_DOUBT_WAIT);
    }
    next();
  }

  private void answered(TumblingLane.Step.Invoke step, LambdaHandlers.Answer answer, Call<O> call) {
    var batch = HandlerFunction.heard(answer.batch(), wiring.settings().delivery().mapping());
    var state = answer.state();
    if (state == null && step.last()) {
      state = TumblingLane.NO_STATE; // It would be of no use to any other call.
    }
    if (batch instanceof BatchAnswer.Malformed malformed) {
      failed(step, Failure.of(new LambdaItemsFailed(malformed.why()), retry), call);
    } else if (state == null) {
      failed(step, Failure.of(new LambdaItemsFailed(STATELESS), retry), call);
    } else if (batch instanceof BatchAnswer.ItemsFailed failed) {
      partly(step, failed, state, call);
    } else {
      gate.succeeded(scope, call, attempts == 1 ? step.items().size() : 0);
      lane.done(step, state);
      finish(step, Outcome.HANDLED);
    }
  }

  /** The state holds what was done before the lowest number; the rest is another step. */
  private void partly(
      TumblingLane.Step.Invoke step, BatchAnswer.ItemsFailed failed, String state, Call<O> call) {
    var lowest = failed.lowest();
    var rest = new ArrayList<BatchCall.Item>();
    changed = true;
    for (var item : step.items()) {
      if (item.record.position().sequence().compareTo(lowest) < 0) {
        scope.context.outcomes().settled(item.record.position(), Outcome.HANDLED);
      } else {
        rest.add(item);
      }
    }
    failed(
        lane.partly(step, rest, state),
        Failure.of(
            new LambdaItemsFailed("the handler named it among its batchItemFailures"), retry),
        call);
  }

  private void failed(TumblingLane.Step.Invoke step, Failure failure, Call<O> call) {
    if (failure.fatal()) {
      scope.fail(failure.cause());
      return;
    }
    boolean firstOfOne = attempts == 1 && step.items().size() == 1;
    if (gate.takes(scope, call, call.since(), firstOfOne, failure)) {
      hold(step, Duration.ZERO);
      return;
    }
    var shard = scope.context.key();
    var position = step.items().isEmpty() ? Position.of(0) : step.items().get(0).record.position();
    scope.tell(
        new FunctionEvent.RecordFailed(
            scope.function, shard, position, attempts, failure.error(), failure.code()));
    if (failure.terminal() || !retry.allowsAnother(attempts)) {
      discard(step, failure, failure.terminal() ? failure.code() : Failure.EXHAUSTED);
      return;
    }
    var wait = retry.waitAfter(attempts, scope.random());
    scope.tell(new FunctionEvent.RetryScheduled(scope.function, shard, position, attempts, wait));
    again(step, wait);
  }

  /** Is called again as it was, as if it had not been. */
  private void hold(TumblingLane.Step.Invoke step, Duration wait) {
    attempts--;
    step.items().forEach(item -> item.deliveries--);
    again(step, wait);
  }

  private void again(TumblingLane.Step.Invoke step, Duration wait) {
    lane.failed(step);
    if (draining) {
      scope.giveBack(BatchCall.positionsOf(lane.drain()));
      return;
    }
    backingOff = true;
    scope.later(
        wait,
        () -> {
          backingOff = false;
          next();
        });
  }

  /** Nothing goes on before the letters are durable, as everything behind is in order. */
  private void discard(TumblingLane.Step.Invoke step, Failure failure, String code) {
    backingOff = true;
    var left = new ArrayDeque<LetterSource>(step.items());
    if (step.last()) {
      left.add(new WindowLetter(step.window(), attempts));
    }
    writeNext(left, failure, code, step);
  }

  private void writeNext(
      ArrayDeque<LetterSource> left, Failure failure, String code, TumblingLane.Step.Invoke step) {
    var source = left.poll();
    if (source == null) {
      backingOff = false;
      lane.done(step, step.window().state());
      tellLettered(step, code);
      finish(step, Outcome.DEAD_LETTERED);
      next();
      return;
    }
    letters.write(source, failure, code, () -> writeNext(left, failure, code, step));
  }

  private void tellLettered(TumblingLane.Step.Invoke step, String code) {
    for (var item : step.items()) {
      scope.tell(
          new FunctionEvent.DeadLettered(
              scope.function, scope.context.key(), item.record.position(), item.deliveries, code));
    }
  }

  private void finish(TumblingLane.Step.Invoke step, Outcome outcome) {
    changed = true;
    for (var item : step.items()) {
      scope.context.outcomes().settled(item.record.position(), outcome);
    }
    attempts = 0;
    if (step.items().isEmpty()) {
      scope.context.outcomes().stateChanged();
    }
  }

  /** What is left of a window that no call could end: its state. */
  private record WindowLetter(TumblingLane.Open window, int attempts) implements LetterSource {
    @Override
    public Remains remains() {
      var id = window.shard().value() + "/window/" + window.span().start();
      var state = window.state().getBytes(UTF_8);
      return new Remains(id, "", window.span().start(), state, Optional.empty());
    }
  }

  /** One call; its answer is read on the worker loop after it has succeeded. */
  private final class WindowTask extends Task<O> {
    private final TumblingLane.Step.Invoke step;
    private final long number;
    private LambdaHandlers.@Nullable Answer answer;

    WindowTask(TumblingLane.Step.Invoke step, long number) {
      this.step = step;
      this.number = number;
    }

    LambdaHandlers.Answer answer() {
      return Objects.requireNonNull(answer, "answer");
    }

    @Override
    String key() {
      return "";
    }

    @Override
    public String id() {
      return "";
    }

    @Override
    public Remains remains() {
      throw new IllegalStateException("letters are written of records and windows");
    }

    @Override
    CompletionStage<Effect> perform(Call<O> call, OutputBuffer<O> out) throws Exception {
      var window = step.window();
      var shard = new ShardKey(scope.context.key().stream(), window.shard());
      var records = step.items().stream().map(item -> item.record).toList();
      var first = records.isEmpty() ? "last" + step.early() : records.get(0).position().toString();
      var name = shard + "/" + window.span().start() + "/" + first;
      var in =
          new LambdaCall.InWindow(
              window.span().start(),
              window.span().end(),
              window.state(),
              step.last(),
              step.early());
      call.enter();
      answer =
          pool.call(
              new LambdaCall(
                  scope.function,
                  HandlerFunction.requestId(name, call, number),
                  shard,
                  records,
                  call::remaining,
                  in),
              call);
      return CompletableFuture.completedFuture(Effect.HANDLED);
    }
  }
}
