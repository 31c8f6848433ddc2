package io.headrace.function;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Takes the calls of one shard to the invocation pool and their answers back to the worker loop,
 * many in one go where they are quick: to wake a thread takes longer than to handle most records.
 *
 * <p>Threads take calls from one line. Each that begins to work asks for the next one if calls are
 * left, so a function that blocks gets as many threads as there are calls, and one that does not is
 * done by one or two. The loop gives calls; any thread answers.
 */
final class Dispatch {
  /** After so many calls a thread queues up again, so that other shards get their turn. */
  private static final int CALLS_A_TURN = 64;

  private final Scope scope;
  private final Executor pool;
  private final int threadsMax;
  private final Runnable collected;

  private final Queue<Runnable> calls = new ConcurrentLinkedQueue<>();

  /** Threads that work. */
  private final AtomicInteger threads = new AtomicInteger();

  /** A thread is asked for and has not begun: it will see what is in the line by then. */
  private final AtomicBoolean asked = new AtomicBoolean();

  private final Queue<Runnable> answers = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean called = new AtomicBoolean();

  /** Of the worker loop. */
  private boolean collecting;

  /**
   * Makes an empty line.
   *
   * @param threadsMax how many calls may hold a thread at once
   * @param collected run on the worker loop after the answers that came together
   */
  Dispatch(Scope scope, Executor pool, int threadsMax, Runnable collected) {
    this.scope = scope;
    this.pool = pool;
    this.threadsMax = threadsMax;
    this.collected = collected;
  }

  /** Adds a call, which does not throw; {@link #begin} sets it going. On the worker loop. */
  void add(Runnable call) {
    calls.add(call);
  }

  /** Sees to it that somebody works if there are calls. Any thread. */
  void begin() {
    // A thread that stops meanwhile looks at the line after that.
    if (!calls.isEmpty() && threads.get() < threadsMax && asked.compareAndSet(false, true)) {
      scope.onPool(pool, this::work);
    }
  }

  /** Runs an answer on the worker loop, unless the scope is over by then. Any thread. */
  void answer(Runnable answer) {
    answers.add(answer);
    if (called.compareAndSet(false, true)) {
      scope.post(this::collect);
    }
  }

  /** Whether {@code collected} will run before the turn is over. On the worker loop. */
  boolean isCollecting() {
    return collecting;
  }

  private void work() {
    var unused = threads.incrementAndGet();
    asked.set(false);
    try {
      var call = calls.poll();
      begin();
      for (int i = 1; call != null; i++) {
        call.run();
        call = i < CALLS_A_TURN ? calls.poll() : null;
      }
    } finally {
      // A call that was added while all threads seemed busy must not wait for the next one.
      unused = threads.decrementAndGet();
      begin();
    }
  }

  private void collect() {
    // First: what is added from now on brings a turn of its own.
    called.set(false);
    collecting = true;
    for (var answer = answers.poll(); answer != null; answer = answers.poll()) {
      scope.runUnlessOver(answer);
    }
    collecting = false;
    collected.run();
  }
}
