package io.headrace.function;

import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * Takes the calls of one shard to the invocation pool and their answers back to the worker loop,
 * many in one go where they are quick: to wake a thread takes longer than to handle most records.
 * The worker loop gives calls; any thread takes and answers them.
 *
 * <p>Threads take calls from one line. Each that begins asks the pool for the next one if calls are
 * left, so a function that blocks gets the threads that the pool has, and one that does not is
 * mostly done by those that are awake. A thread whose turn is over leaves, however many calls are
 * left: the one that was asked for stands in the pool's queue, behind the work of other shards.
 */
final class Dispatch<C extends Runnable> {
  /** After so many calls a thread's turn is over. */
  private static final int CALLS_A_TURN = 64;

  /** After so long, too: a call that blocks is the only one of its turn. */
  private static final long TURN_NANOS = Duration.ofMillis(1).toNanos();

  private final Scope scope;
  private final Executor pool;
  private final Consumer<C> answered;
  private final Runnable collected;

  private final Queue<C> calls = new ConcurrentLinkedQueue<>();

  /** A thread is asked for and has not begun: it will see what is in the line by then. */
  private final AtomicBoolean asked = new AtomicBoolean();

  private final Queue<C> answers = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean called = new AtomicBoolean();

  /** Of the worker loop. */
  private boolean collecting;

  /**
   * Makes an empty line.
   *
   * @param answered told on the worker loop of each call that has its answer
   * @param collected run on the worker loop after the answers that came together
   */
  Dispatch(Scope scope, Executor pool, Consumer<C> answered, Runnable collected) {
    this.scope = scope;
    this.pool = pool;
    this.answered = answered;
    this.collected = collected;
  }

  /** Adds a call, which does not throw; {@link #begin} sets it going. On the worker loop. */
  void add(C call) {
    calls.add(call);
  }

  /** Sees to it that a thread comes if there are calls. Any thread. */
  void begin() {
    if (!calls.isEmpty() && asked.compareAndSet(false, true)) {
      scope.onPool(pool, this::work);
    }
  }

  /** Nothing of what waits is called: the shard is about to be given up. Any thread. */
  void dropCalls() {
    calls.clear();
  }

  /**
   * The call has its answer, which the worker loop is told unless the scope is over. Any thread.
   */
  void answer(C call) {
    answers.add(call);
    if (!called.get() && called.compareAndSet(false, true)) {
      scope.post(this::collect);
    }
  }

  /** Whether {@code collected} will run before the turn is over. On the worker loop. */
  boolean isCollecting() {
    return collecting;
  }

  /**
   * A call waits only while a thread is asked for, or is between the first line here and the last
   * before the loop: who adds one meanwhile either asks himself or is seen by {@link #begin}.
   */
  private void work() {
    asked.set(false);
    long began = scope.loop().ticks();
    var call = calls.poll();
    begin();
    for (int made = 1; call != null; made++) {
      call.run();
      boolean over = made == CALLS_A_TURN || scope.loop().ticks() - began >= TURN_NANOS;
      call = over ? null : calls.poll();
    }
  }

  private void collect() {
    // First: what is added from now on brings a turn of its own.
    called.set(false);
    collecting = true;
    for (var call = answers.poll(); call != null && !scope.isOver(); call = answers.poll()) {
      answered.accept(call);
    }
    collecting = false;
    collected.run();
  }
}
