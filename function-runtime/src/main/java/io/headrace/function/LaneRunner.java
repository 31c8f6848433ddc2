package io.headrace.function;

import io.headrace.checkpoint.state.StateSpace;
import io.headrace.kcl.KeyStanding;
import io.headrace.kcl.Position;
import io.headrace.kcl.ShardHandler.Outcome;
import io.headrace.kcl.ShardHandler.Standing;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs tasks in the lanes of their keys: attempts, back-off, outputs, dead letters. A task is
 * finished in this order: its attempt succeeds, its outputs are durable, or are put into the outbox
 * of a function with state, its effect is installed and it is told as done in the same turn, the
 * lane goes on. Owned by the worker loop.
 */
final class LaneRunner<O> implements FunctionGate.Caller {
  private static final Logger LOG = LoggerFactory.getLogger(LaneRunner.class);

  /** The code of records that wait for the redrive of their key. */
  static final String KEY_WAITS = "KeyWaits";

  /** How soon the lease is asked again when an attempt found it in doubt. */
  private static final Duration LEASE_IN_DOUBT_WAIT = Duration.ofMillis(200);

  /** Told of each task that is finished, after its effect is installed and in the same turn. */
  @FunctionalInterface
  interface Done<O> {
    void done(Task<O> task, Outcome outcome);
  }

  /** Told of records that failed and will be tried again: their keys may be parked. */
  @FunctionalInterface
  interface Quarantine<O> {
    void failed(Task<O> task);
  }

  /** What the lanes of a function's shards have in common. */
  record Wiring<O>(
      FunctionSettings settings,
      FunctionOutlets<O> outlets,
      FunctionGate gate,
      StuckThreads stuck) {
    LaneRunner<O> open(Scope scope, Done<O> done) {
      var runner = new LaneRunner<O>(scope, this, done);
      gate.join(runner);
      return runner;
    }
  }

  private final Scope scope;
  private final RetryPolicy retry;
  private final Admission admission;
  private final FunctionGate gate;
  private final FunctionOutlets<O> outlets;
  private final Done<O> done;
  private final Call.Terms terms;
  private final Courier courier;
  private final LetterWriter letters;
  private final KeyLanes<Task<O>> lanes;
  private final Dispatch<Call<O>> dispatch;
  private final StateReading<O> loading;
  private final Consumer<Call<O>> answered = this::answered;
  private StateRoom room;
  private final @Nullable Outbox outbox;
  private final @Nullable Duration commitWithin;
  private Quarantine<O> quarantine = task -> {};
  private final CompletableFuture<Void> quiet = new CompletableFuture<>();

  /** The last record of the shard that was ever begun. */
  private @Nullable Position begunThrough;

  private boolean starting;
  private boolean draining;
  private long foreignKeys;

  private LaneRunner(Scope scope, Wiring<O> wiring, Done<O> done) {
    var settings = wiring.settings();
    this.scope = scope;
    this.retry = settings.retry();
    this.admission = Admission.of(settings);
    this.gate = wiring.gate();
    this.outlets = wiring.outlets();
    this.done = done;
    this.terms = Call.Terms.of(scope, wiring, this::overdue);
    this.courier = Courier.ofOutputs(scope, outlets.letters());
    this.letters = new LetterWriter(scope, Courier.ofLetters(scope), outlets.letters());
    // Keys that fail slowly must not take the room of all others.
    this.lanes = new KeyLanes<>(settings.inFlight(), task -> task.parked != null);
    var pool = settings.executor().orElse(scope.environment.pool());
    this.dispatch = new Dispatch<>(scope, pool, this::ended, this::start);
    this.loading = new StateReading<>(scope, this::resume);
    this.room = new StateRoom(scope, null, this::start);
    this.outbox = scope.outbox;
    this.commitWithin = settings.committing().within().orElse(null);
    if (outbox != null) {
      outbox.whenRoom(this::start);
    }
  }

  /** What the tasks change is bounded: none begins while too much of it is not stored yet. */
  void boundedBy(StateSpace space) {
    room = new StateRoom(scope, space, this::start);
  }

  void watchedBy(Quarantine<O> watching) {
    quarantine = watching;
  }

  /** The tasks of a lane, in order. */
  List<Task<O>> tasks(KeyLanes.Lane<Task<O>> lane) {
    return lanes.tasks(lane);
  }

  /** Takes tasks out of a lane that stand behind its first. */
  void takeOut(KeyLanes.Lane<Task<O>> lane, List<Task<O>> some) {
    lanes.takeOut(lane, some);
  }

  /** Whether the function may be called at all. */
  boolean isOpen() {
    return gate.isOpen();
  }

  /** Adds a task behind the others of its lane; {@link #start} sets it going. */
  void add(Task<O> task) {
    task.lane = lanes.add(task.key(), task);
  }

  /**
   * Adds a timer that is due before a task that waits behind another one.
   *
   * @param of the first task of its lane, which goes on
   * @return whether there was such a task
   */
  boolean addBefore(Task<O> of, Function<Timer, Task<O>> firing, Timer timer) {
    var behind = lanes.firstBehind(of.lane(), task -> task.comesBehind(timer.due()));
    if (behind == null) {
      return false;
    }
    var task = firing.apply(timer);
    task.lane = of.lane();
    lanes.addBefore(of.lane(), behind, task);
    return true;
  }

  /** Starts what may be started; what ends together makes room together. */
  void start() {
    if (starting || dispatch.isCollecting()) {
      return;
    }
    starting = true;
    // A failure that gives the shard up ends the scope in the midst of a turn: nothing begins then.
    while (!scope.isOver() && gate.admits() && lanes.hasNext()) {
      var lane = next();
      if (lane == null) {
        break;
      }
      var task = lane.first();
      var refusal = refusal(task);
      if (refusal == null) {
        begin(task);
      } else {
        lanes.rest(lane);
        letter(task, refusal, refusal.code());
      }
    }
    starting = false;
    dispatch.begin();
  }

  private KeyLanes.@Nullable Lane<Task<O>> next() {
    // Both are asked, as each tells of itself.
    boolean stateIsFull = room.isFull();
    boolean outboxIsFull = outbox != null && outbox.isFull();
    if (stateIsFull || outboxIsFull) {
      // Of too many holes in what is finished no commit is stored, and none would make room.
      return lanes.startOnly(this::leavesHole);
    }
    // Of a record that fails by itself a probe learns nothing of the function.
    return gate.isOpen() ? lanes.start() : lanes.startRather(each -> !each.failed);
  }

  /** Whether records behind it were begun before it. */
  private boolean leavesHole(Task<O> task) {
    var position = task.position();
    var through = begunThrough;
    return position != null
        && task.parked == null
        && through != null
        && position.compareTo(through) < 0;
  }

  /** In a turn of its own: whoever opens the gate is in the midst of one. */
  @Override
  public void mayCall() {
    scope.post(this::start);
  }

  private @Nullable Failure refusal(Task<O> task) {
    var record = admission.isOpen() ? null : task.source();
    return record == null
        ? null
        : admission.refusal(record, scope.book.isPlaying(record.position()), scope.loop().now());
  }

  boolean isEmpty() {
    return lanes.isEmpty();
  }

  /** Begins nothing more; what is in line, or would be tried again, is the next owner's. */
  void drain() {
    draining = true;
    // All calls that there is room for stand in the pool's line, and most of them have no thread.
    lanes.forEachRunning(this::putBackUnlessBegun);
    giveBack(lanes.drain());
  }

  /** {@link io.headrace.kcl.ShardHandler#quiet}. */
  CompletionStage<Void> quiet() {
    tellQuiet();
    return quiet;
  }

  private void tellQuiet() {
    if (draining && lanes.isEmpty()) {
      quiet.complete(null);
    }
  }

  private void putBackUnlessBegun(Task<O> task) {
    var call = task.call;
    if (call != null && call.withdraw()) {
      gate.lost(call);
      task.call = null;
      task.attempts--;
      lanes.putBack(task.lane());
    }
  }

  private void giveBack(List<Task<O>> tasks) {
    // What is parked is the next owner's as it is stored.
    var positions =
        tasks.stream()
            .filter(task -> task.parked == null)
            .map(Task::position)
            .filter(Objects::nonNull)
            .toList();
    scope.giveBack(positions);
    tellQuiet();
  }

  /** {@link io.headrace.kcl.ShardHandler#callsSince}. */
  long callsSince() {
    long[] since = {Long.MAX_VALUE};
    lanes.forEachRunning(
        task -> {
          if (task.call != null) {
            since[0] = Math.min(since[0], task.call.since());
          }
        });
    return since[0];
  }

  /** {@link io.headrace.kcl.ShardHandler#keys}. */
  KeyStanding keys() {
    var standing = lanes.standing(task -> task.failed);
    var parked = scope.parked;
    return parked == null ? standing : parked.standing(standing);
  }

  /** What is under way: whatever does not come back counts before all that does. */
  Standing standing(Duration patience) {
    var standings = EnumSet.noneOf(Standing.class);
    lanes.forEachRunning(
        task -> {
          if (task.call != null) {
            standings.add(task.call.standing(patience));
          }
        });
    if (standings.contains(Standing.OVERDUE)) {
      return Standing.OVERDUE;
    }
    if (standings.contains(Standing.IN_CALL)) {
      return Standing.IN_CALL;
    }
    return gate.isOpen() ? scope.standing() : Standing.RETRYING;
  }

  /** {@link io.headrace.kcl.ShardHandler#parkedCallsOverdue}. */
  Duration parkedCallsOverdue() {
    var longest = new Duration[] {Duration.ZERO};
    lanes.forEachRunning(
        task -> {
          if (task.call != null && task.parked != null) {
            var overdue = task.call.overdue();
            longest[0] = overdue.compareTo(longest[0]) > 0 ? overdue : longest[0];
          }
        });
    return longest[0];
  }

  /** Interrupts what runs; the scope is over. */
  void abandon() {
    gate.leave(this);
    lanes.forEachRunning(
        task -> {
          if (task.call != null) {
            task.call.abandon();
            task.call = null;
          }
        });
  }

  private void begin(Task<O> task) {
    var position = task.position();
    if (position != null && scope.book.mustWait(task.key(), position)) {
      lanes.rest(task.lane());
      letters.write(task, waits(), KEY_WAITS, () -> lettered(task, KEY_WAITS));
      return;
    }
    if (position == null && scope.book.isHeld(task.key()) && task.waitsForRedrive()) {
      lanes.rest(task.lane());
      lanes.finish(task.lane());
      tellQuiet();
      return;
    }
    if (position != null && (begunThrough == null || position.compareTo(begunThrough) > 0)) {
      begunThrough = position;
    }
    task.attempts++;
    var out = new OutputBuffer<>(outlets, task);
    var call = new Call<>(terms, task, task.attempts, out, answered);
    out.passesOn(call);
    task.call = call;
    gate.begins(this, call);
    dispatch.add(call);
  }

  private static Failure waits() {
    var cause =
        new TerminalFailure(
            KEY_WAITS, "a record of its key is in the dead letters and was not played again yet");
    return new Failure(cause, KEY_WAITS, true, false);
  }

  /** By any thread. */
  private void answered(Call<O> call) {
    if (call.result() instanceof Call.Result.Failed failed && Failure.isFatal(failed.cause())) {
      dispatch.dropCalls();
    }
    dispatch.answer(call);
  }

  private void ended(Call<O> call) {
    call.hear();
    var task = call.task();
    var result = call.result();
    task.call = null;
    lanes.rest(task.lane());
    if (!(result instanceof Call.Result.Loads)) {
      loading.called(task);
    }
    if (result instanceof Call.Result.Succeeded success) {
      gate.succeeded(scope, call, task.attempts == 1 && !task.failed ? 1 : 0);
      succeeded(task, success);
    } else if (result instanceof Call.Result.Failed failed) {
      failed(task, call, Failure.of(failed.cause(), retry));
    } else if (result instanceof Call.Result.Loads loads) {
      task.attempts--;
      gate.lost(call);
      waitFor(task, loads.state());
    } else {
      task.attempts--;
      gate.lost(call);
      again(task, LEASE_IN_DOUBT_WAIT);
    }
    start();
  }

  /** What can't wait for the commit leaves now; all else becomes a part of it with the effect. */
  private void succeeded(Task<O> task, Call.Result.Succeeded success) {
    var outputs = success.outputs();
    var box = outbox;
    if (outputs.isEmpty()) {
      finish(task, success.effect());
    } else if (box == null) {
      courier.deliverInOrder(outputs, () -> finish(task, success.effect()));
    } else {
      var kept = outputs.stream().filter(Outbox::keeps).toList();
      var early = outputs.stream().filter(each -> !Outbox.keeps(each)).toList();
      courier.deliver(
          early,
          () -> {
            box.add(task.key(), kept);
            finish(task, success.effect());
          });
    }
  }

  private void failed(Task<O> task, Call<O> call, Failure failure) {
    if (failure.fatal()) {
      scope.fail(failure.cause());
      return;
    }
    boolean isNews = task.attempts == 1 && !task.failed;
    if (gate.takes(scope, call, call.since(), isNews, failure)) {
      task.attempts--;
      hold(task);
      return;
    }
    task.failed = true;
    var shard = scope.context.key();
    var position = positionOf(task);
    scope.tell(
        new FunctionEvent.RecordFailed(
            scope.function, shard, position, task.attempts, failure.error(), failure.code()));
    if (failure.cause() instanceof ForeignKey) {
      tellForeign(position);
    }
    if (failure.terminal() || !retry.allowsAnother(task.attempts)) {
      letter(task, failure, failure.terminal() ? failure.code() : Failure.EXHAUSTED);
      return;
    }
    var wait = retry.waitAfter(task.attempts, scope.random());
    if (isTooOldIn(wait, task)) {
      letter(task, failure, Admission.TOO_OLD);
      return;
    }
    scope.tell(
        new FunctionEvent.RetryScheduled(scope.function, shard, position, task.attempts, wait));
    again(task, wait);
    quarantine.failed(task);
  }

  /** Before it would be tried again: what its function said last is worth more than its age. */
  private boolean isTooOldIn(Duration wait, Task<O> task) {
    var record = admission.isOpen() ? null : task.source();
    return record != null
        && admission.isTooOld(
            record, scope.book.isPlaying(record.position()), scope.loop().now().plus(wait));
  }

  private void letter(Task<O> task, Failure failure, String code) {
    letters.write(task, failure, code, () -> lettered(task, code));
  }

  /** Goes on when the gate admits it. */
  private void hold(Task<O> task) {
    lanes.backOff(task.lane());
    if (draining) {
      giveBack(lanes.drain());
    } else {
      lanes.resume(task.lane());
    }
  }

  private void tellForeign(Position position) {
    foreignKeys++;
    var shard = scope.context.key();
    if (foreignKeys == 1) {
      LOG.warn(
          "function {}, shard {}: the partition key of record {} belongs to another shard, so state"
              + " by key can't be kept; such records, put with an explicit hash key, go to the dead"
              + " letters under the code {}. More of them here are counted and not logged",
          scope.function,
          shard,
          position,
          ForeignKey.CODE);
    }
    scope.tell(new FunctionEvent.ForeignKeyFound(scope.function, shard, position, foreignKeys));
  }

  private void again(Task<O> task, Duration wait) {
    lanes.backOff(task.lane());
    if (draining) {
      giveBack(lanes.drain());
      return;
    }
    scope.later(wait, () -> resume(task));
  }

  private void waitFor(Task<O> task, StateLoading state) {
    lanes.backOff(task.lane());
    if (draining) {
      giveBack(lanes.drain());
    } else {
      loading.await(task, state);
    }
  }

  /** What kept a task waiting is over. */
  private void resume(Task<O> task) {
    if (!draining) {
      lanes.resume(task.lane());
      start();
    }
  }

  private void lettered(Task<O> task, String code) {
    scope.tell(
        new FunctionEvent.DeadLettered(
            scope.function, scope.context.key(), positionOf(task), task.attempts, code));
    task.lettered();
    finish(task, Outcome.DEAD_LETTERED);
  }

  private void finish(Task<O> task, Task.Effect effect) {
    effect.install().run();
    finish(task, effect.outcome());
  }

  private void finish(Task<O> task, Outcome outcome) {
    loading.called(task);
    done.done(task, outcome);
    if (commitWithin != null) {
      scope.context.outcomes().commitWanted(commitWithin);
    }
    lanes.finish(task.lane());
    tellQuiet();
    start();
  }

  private void overdue(Task<?> task) {
    if (!scope.isOver()) {
      scope.tell(
          new FunctionEvent.Overdue(
              scope.function, scope.context.key(), positionOf(task), task.attempts));
    }
  }

  /** A window's close has no position: the shard's beginning stands for it. */
  private static Position positionOf(Task<?> task) {
    var position = task.position();
    return position != null ? position : Position.of(0);
  }
}
