package io.headrace.function;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

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

  /** Calls that were given together, and how many of them are taken. */
  private static final class Line<C> {
    private final List<C> calls;
    private final AtomicInteger taken = new AtomicInteger();

    private Line(List<C> calls) {
      this.calls = calls;
    }
  }

  private final Queue<Line<C>> lines = new ConcurrentLinkedQueue<>();

  /** Of the worker loop: to be a line. */
  private List<C> added = new ArrayList<>();

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
    added.add(call);
  }

  /** Sets those going that were added. On the worker loop. */
  void begin() {
    if (!added.isEmpty()) {
      lines.add(new Line<>(added));
      added = new ArrayList<>(added.size());
    }
    ask();
  }

  /** Nothing of what waits is called: the shard is about to be given up. Any thread. */
  void dropCalls() {
    for (var line = lines.poll(); line != null; line = lines.poll()) {
      line.taken.set(line.calls.size());
    }
  }

  /** Sees to it that a thread comes if there are calls. Any thread. */
  private void ask() {
    if (!lines.isEmpty() && asked.compareAndSet(false, true)) {
      scope.onPool(pool, this::work);
    }
  }

  /** The next call, for whichever thread; null when there is none. */
  private @Nullable C take() {
    for (var line = lines.peek(); line != null; line = lines.peek()) {
      int place = line.taken.getAndIncrement();
      int last = line.calls.size() - 1;
      if (place >= last) {
        boolean unused = lines.remove(line); // Who took the last one has done so, or is about to.
      }
      if (place <= last) {
        return line.calls.get(place);
      }
    }
    return null;
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
   * before the loop: who adds one meanwhile either asks himself or is seen by {@link #ask}.
   */
  private void work() {
    asked.set(false);
    long began = scope.loop().ticks();
    var call = take();
    ask();
    for (int made = 1; call != null; made++) {
      call.run();
      boolean over = made == CALLS_A_TURN || scope.loop().ticks() - began >= TURN_NANOS;
      call = over ? null : take();
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
