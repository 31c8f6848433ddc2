package io.headrace.function;

import io.headrace.kcl.Position;
import io.headrace.kcl.ShardHandler.Standing;
import io.headrace.kcl.loop.EventLoop;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One attempt: user code under a deadline, behind the lease. Begins on the invocation pool, may be
 * completed by any thread, and answers exactly once, unless it was abandoned. Made, heard and
 * abandoned on the worker loop.
 *
 * <p>An attempt that is out of time is interrupted, and its result is discarded. It is answered as
 * failed when its thread has come back, so that a key does not run twice at once; a thread that has
 * not come back {@link StuckThreads#PATIENCE} later is stuck, and is waited for no more. A stage
 * that is out of time is cancelled and answered as failed at once. Whatever goes on all the same
 * has a lower fencing token than the next attempt.
 */
final class Call<O> implements Runnable, Attempt {
  /** How an attempt came out. */
  sealed interface Result {
    record Succeeded(Task.Effect effect, List<Outlet.Parcel<?>> outputs) implements Result {
      private static final Succeeded HANDLED = new Succeeded(Task.Effect.HANDLED, List.of());

      static Succeeded of(Task.Effect effect, List<Outlet.Parcel<?>> outputs) {
        boolean usual = outputs.isEmpty() && effect.equals(Task.Effect.HANDLED);
        return usual ? HANDLED : new Succeeded(effect, outputs);
      }
    }

    record Failed(Throwable cause) implements Result {}

    /** The lease may have ended: user code was not called, and no attempt counts. */
    record NotHeld() implements Result {}

    /** State has to be read first: user code was not called, and no attempt counts. */
    record Loads(StateLoading state) implements Result {}
  }

  /**
   * What the calls of one handler share.
   *
   * @param overdue told on the worker loop of each that is out of time
   * @param around what stands around each; counts a call from when it is made until it is heard or
   *     abandoned
   */
  record Terms(
      Scope scope,
      Optional<Duration> limit,
      Consumer<Task<?>> overdue,
      StuckThreads stuck,
      Surroundings around) {
    static Terms of(Scope scope, LaneRunner.Wiring<?> wiring, Consumer<Task<?>> overdue) {
      return new Terms(
          scope, wiring.settings().limit(), overdue, wiring.stuck(), new Surroundings(scope));
    }

    EventLoop loop() {
      return scope.loop();
    }

    private long token() {
      return stuck.tokenOf(scope.context.fencingToken());
    }
  }

  private static final class LeaseInDoubt extends Exception {
    private static final long serialVersionUID = 1;

    LeaseInDoubt() {
      super("the lease may have ended");
    }
  }

  /** Of a call that still stands in line for a thread, or has not reached user code. */
  private static final long NOT_BEGUN = Long.MAX_VALUE;

  /** What is left where no limit is set: small enough for any client's time-out. */
  private static final Duration WITHOUT_LIMIT = Duration.ofHours(1);

  private final Terms terms;
  private final Task<O> task;
  private final int number;
  private final long token;
  private final OutputBuffer<O> out;
  private final Consumer<Call<O>> answered;

  private Instant deadline = Instant.MAX;

  // Guarded by this.
  private long begunTicks = NOT_BEGUN;
  private @Nullable Thread thread;
  private @Nullable CompletionStage<?> stage;
  private EventLoop.@Nullable Scheduled timer;
  private boolean outOfTime;
  private boolean abandoned;

  /** Its thread was given up; it is to say so when it comes back. */
  private boolean stuck;

  /** When user code was reached; by the thread that calls, and seen by all. */
  private volatile long enteredTicks = NOT_BEGUN;

  /** Set before user code runs, and taken away when its end is told. */
  private volatile CallObserver.Observed observed = CallObserver.Observed.NOTHING;

  /** Written under the lock, once. */
  private volatile @Nullable Result result;

  /** Of the worker loop. */
  private boolean heard;

  /**
   * @param answered called by any thread once there is a result; takes this to the worker loop
   */
  Call(Terms terms, Task<O> task, int number, OutputBuffer<O> out, Consumer<Call<O>> answered) {
    this.terms = terms;
    this.task = task;
    this.number = number;
    this.token = terms.token();
    this.out = out;
    this.answered = answered;
    terms.around().made();
  }

  /** What the record may be held against. */
  Broadcasts broadcasts() {
    return terms.scope().environment.broadcasts();
  }

  @Override
  public void run() {
    long now = terms.loop().ticks();
    synchronized (this) {
      if (abandoned) {
        return;
      }
      begunTicks = now;
      thread = Thread.currentThread();
    }
    CompletionStage<Task.Effect> effect = null;
    Throwable thrown = null;
    var visit = terms.around().enter(task, number);
    if (visit.observed() != CallObserver.Observed.NOTHING) {
      observed = visit.observed();
    }
    try {
      effect = answerOf(task.perform(this, out));
    } catch (Throwable any) {
      // Every throwable becomes an answer: the loop decides what it means.
      thrown = any;
    }
    terms.around().leave(visit);
    boolean late;
    boolean wasStuck;
    synchronized (this) {
      thread = null;
      late = outOfTime || abandoned;
      wasStuck = stuck;
    }
    if (wasStuck) {
      terms.stuck().returned();
    }
    // An interrupt that came too late for the function must not hit the thread's next task.
    boolean unused = Thread.interrupted();
    if (late) {
      cancelStage();
      terms.stuck().fence(); // Its stage may go on.
      fail(timeout());
    } else if (thrown instanceof LeaseInDoubt) {
      finish(new Result.NotHeld());
    } else if (thrown instanceof StateLoading loading) {
      finish(new Result.Loads(loading));
    } else if (thrown != null) {
      fail(thrown);
    } else if (effect != null) {
      awaitStage(effect);
    }
  }

  /** How it came out, once it has; any thread that was told so. */
  Result result() {
    return Objects.requireNonNull(result, "a call without an answer");
  }

  /** The worker loop has the answer: from now on the call is not under way. */
  void hear() {
    if (!heard) {
      heard = true;
      terms.around().heard();
    }
  }

  Task<O> task() {
    return task;
  }

  /**
   * The last instruction before user code: asks for the lease and starts the clock.
   *
   * @throws Exception when the lease may have ended
   */
  void enter() throws Exception {
    long now = terms.loop().ticks();
    synchronized (this) {
      if (abandoned) {
        // The lease may hold, as in a pause: the key's next call need not wait for this one.
        throw new LeaseInDoubt();
      }
      enteredTicks = now;
    }
    terms
        .limit()
        .ifPresent(
            limit -> {
              deadline = terms.loop().now().plus(limit);
              var due = terms.loop().schedule(limit, this::expire);
              synchronized (this) {
                timer = due;
              }
            });
    if (!terms.scope().context.tenure().validAt(now)) {
      throw new LeaseInDoubt();
    }
  }

  /**
   * The stage that user code answered with.
   *
   * @throws NullPointerException when it answered with none, in words for the author of the code
   */
  static <S extends CompletionStage<?>> S answerOf(@Nullable S stage) {
    return Objects.requireNonNull(stage, "the function answered null instead of a stage");
  }

  /** A stage that has brought its answer, so that nothing is to be waited for; else null. */
  static <T> @Nullable CompletableFuture<T> completeOf(CompletionStage<T> stage) {
    return stage instanceof CompletableFuture<T> now
            && now.isDone()
            && !now.isCompletedExceptionally()
        ? now
        : null;
  }

  /** The stage that the user's code waits for: cancelled when the attempt is out of time. */
  synchronized void waitsFor(CompletionStage<?> users) {
    stage = users;
  }

  /** Whether user code was reached: what no codec reads, say, never comes so far. */
  boolean hasEntered() {
    return enteredTicks != NOT_BEGUN;
  }

  /** The headers that its outputs carry; any thread that sends. */
  Map<String, String> passedOn(String to, Map<String, String> trace) {
    var by = observed;
    return by == CallObserver.Observed.NOTHING ? trace : Surroundings.passedOn(by, to, trace);
  }

  /** When a thread began it, in ticks; {@link Long#MAX_VALUE} while it stands in line for one. */
  synchronized long since() {
    return begunTicks;
  }

  /**
   * Takes it out of the line, where no thread has begun it: then nothing comes of it any more.
   *
   * @return false when it has begun, and is to be waited for
   */
  boolean withdraw() {
    synchronized (this) {
      if (begunTicks != NOT_BEGUN) {
        return false;
      }
      abandoned = true;
    }
    hear();
    return true;
  }

  /**
   * How the attempt stands, asked by the watchdog; one that waits for a thread has not begun.
   *
   * @param patience how long an attempt without a limit may take
   */
  synchronized Standing standing(Duration patience) {
    if (outOfTime) {
      return Standing.OVERDUE;
    }
    long since = enteredTicks;
    if (since == NOT_BEGUN) {
      return Standing.SILENT;
    }
    boolean tooLong = terms.loop().ticks() - since >= patience.toNanos();
    return terms.limit().isEmpty() && tooLong ? Standing.OVERDUE : Standing.IN_CALL;
  }

  /** For how long it has run beyond its limit, or, where it has none, at all. */
  synchronized Duration overdue() {
    if (enteredTicks == NOT_BEGUN) {
      return Duration.ZERO;
    }
    var ran = Duration.ofNanos(terms.loop().ticks() - enteredTicks);
    var beyond = ran.minus(terms.limit().orElse(Duration.ZERO));
    return beyond.isNegative() ? Duration.ZERO : beyond;
  }

  /** Discards whatever comes of it, and interrupts. Nothing is answered any more. */
  void abandon() {
    EventLoop.Scheduled due;
    boolean running;
    boolean goesOn;
    synchronized (this) {
      abandoned = true;
      running = thread != null;
      if (thread != null) {
        thread.interrupt();
      }
      goesOn = enteredTicks != NOT_BEGUN && result == null;
      due = timer;
    }
    if (goesOn) {
      terms.stuck().fence(); // The key may be back under the same owner before it ends.
    }
    if (running) {
      lookAfterThread();
    }
    hear();
    var unused = out.close();
    cancel(due);
    cancelStageOnPool();
    tellEnd(new CancellationException("the shard was given up"));
  }

  @Override
  public int number() {
    return number;
  }

  @Override
  public Instant deadline() {
    return deadline;
  }

  @Override
  public Duration remaining() {
    if (deadline.equals(Instant.MAX)) {
      return WITHOUT_LIMIT;
    }
    var left = Duration.between(terms.loop().now(), deadline);
    return left.isNegative() ? Duration.ZERO : left;
  }

  @Override
  public long fencingToken() {
    return token;
  }

  private void awaitStage(CompletionStage<Task.Effect> effect) {
    var complete = completeOf(effect);
    if (complete != null) {
      succeed(complete.join());
      return;
    }
    try {
      var unused =
          effect.whenComplete(
              (value, thrown) -> {
                if (thrown != null) {
                  fail(thrown);
                } else {
                  succeed(value);
                }
              });
    } catch (Throwable any) {
      // A stage of the user's own making is user code, too.
      fail(any);
    }
  }

  private void succeed(Task.@Nullable Effect effect) {
    if (effect == null) {
      fail(new NullPointerException("the stage brought null"));
    } else {
      finish(Result.Succeeded.of(effect, out.close()));
    }
  }

  private void fail(Throwable cause) {
    var unused = out.close();
    finish(new Result.Failed(cause));
  }

  /** On the worker loop. */
  private void expire() {
    boolean running;
    synchronized (this) {
      if (result != null || abandoned) {
        return;
      }
      outOfTime = true;
      running = thread != null;
      if (thread != null) {
        thread.interrupt();
      }
    }
    terms.overdue().accept(task);
    if (running) {
      lookAfterThread();
    } else {
      terms.stuck().fence();
      fail(timeout());
      cancelStageOnPool();
    }
  }

  /** The thread was interrupted; on the worker loop. */
  private void lookAfterThread() {
    var unused = terms.loop().schedule(StuckThreads.PATIENCE, this::giveThreadUp);
  }

  /** Whatever comes of it is discarded; its key goes on without it. */
  private void giveThreadUp() {
    Thread stray;
    synchronized (this) {
      stray = thread;
      if (stray == null || stuck) {
        return;
      }
      stuck = true;
    }
    terms.stuck().add(stray, terms.loop());
    var position = task.position();
    var told = position == null ? Position.of(0) : position;
    var scope = terms.scope();
    scope.tell(new FunctionEvent.Stuck(scope.function, scope.context.key(), told, number));
    terms.stuck().fence();
    fail(timeout());
  }

  private void finish(Result how) {
    EventLoop.Scheduled due;
    boolean dropped;
    synchronized (this) {
      if (result != null) {
        return;
      }
      dropped = abandoned;
      result = dropped ? null : how;
      due = timer;
    }
    tellEnd(how instanceof Result.Failed failed ? failed.cause() : null);
    if (!dropped) {
      cancel(due);
      answered.accept(this);
    }
  }

  /** Once: whoever comes second finds nobody to tell. */
  private void tellEnd(@Nullable Throwable failure) {
    if (observed == CallObserver.Observed.NOTHING) {
      return;
    }
    CallObserver.Observed by;
    synchronized (this) {
      by = observed;
      observed = CallObserver.Observed.NOTHING;
    }
    Surroundings.ended(by, failure);
  }

  private static void cancel(EventLoop.@Nullable Scheduled due) {
    if (due != null) {
      due.cancel();
    }
  }

  private synchronized @Nullable CompletionStage<?> stage() {
    return stage;
  }

  /** What the user has hung on the stage runs where it is cancelled: never on the worker loop. */
  private void cancelStageOnPool() {
    if (stage() != null) {
      terms.stuck().onPool(this::cancelStage);
    }
  }

  private void cancelStage() {
    var waiting = stage();
    if (waiting == null) {
      return;
    }
    try {
      boolean unused = waiting.toCompletableFuture().cancel(true);
    } catch (Throwable ignored) {
      // A stage that can't be cancelled goes on; what comes of it is discarded. User code may have
      // made it, so whatever it throws concerns nobody else.
    }
  }

  private TimeoutException timeout() {
    return new TimeoutException(
        "attempt "
            + number
            + " took longer than "
            + terms.limit().map(Object::toString).orElse("?"));
  }
}
