package io.headrace.kcl.loop;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The event loop of a running worker: one daemon thread and the clocks of the machine. A task that
 * throws is told to the error listener on the loop's thread, and the loop goes on with the next
 * one.
 *
 * <p>{@link #close} lets the running task finish, if it does soon, and drops the rest; tasks given
 * later are dropped too, since answers of remote calls keep arriving for a while.
 */
public final class ThreadedLoop implements EventLoop, AutoCloseable {
  private static final long CLOSE_MILLIS_MAX = 5_000;
  private static final long LONGEST_WAIT_NANOS = TimeUnit.HOURS.toNanos(1);

  private final Consumer<Throwable> onError;
  private final Thread thread;
  private final AtomicLong numbers = new AtomicLong();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final ArrayDeque<Runnable> ready = new ArrayDeque<>();
  private final TreeSet<Timer> timers = new TreeSet<>(Timer.ORDER);
  private boolean closed;

  private ThreadedLoop(String name, Consumer<Throwable> onError) {
    this.onError = onError;
    thread = new LoopThread(this, name);
  }

  /**
   * Starts a loop.
   *
   * @param name of the thread, as a thread dump shows it
   * @param onError is told what a task threw; must not throw itself
   */
  public static ThreadedLoop start(String name, Consumer<Throwable> onError) {
    var loop = new ThreadedLoop(name, onError);
    loop.thread.start();
    return loop;
  }

  @Override
  public Instant now() {
    return Instant.now();
  }

  @Override
  public long ticks() {
    return System.nanoTime();
  }

  @Override
  public boolean isCurrent() {
    return Thread.currentThread() == thread;
  }

  @Override
  public void execute(Runnable task) {
    lock.lock();
    try {
      if (!closed) {
        ready.add(task);
        changed.signal();
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public Scheduled schedule(Duration delay, Runnable task) {
    var timer = new Timer(ticks() + delay.toNanos(), numbers.getAndIncrement(), task);
    lock.lock();
    try {
      if (!closed) {
        timers.add(timer);
        changed.signal();
      }
    } finally {
      lock.unlock();
    }
    return () -> cancel(timer);
  }

  /**
   * Ends the thread; waits for the running task unless called by it, but no longer than 5 s: a task
   * that hangs must not keep a process from ending. Harmless when repeated.
   */
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      ready.clear();
      timers.clear();
      changed.signal();
    } finally {
      lock.unlock();
    }
    if (!isCurrent()) {
      try {
        thread.join(CLOSE_MILLIS_MAX);
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void cancel(Timer timer) {
    lock.lock();
    try {
      timers.remove(timer);
    } finally {
      lock.unlock();
    }
  }

  private void run() {
    boolean over = false;
    while (!over) {
      try {
        var task = next();
        over = task == null;
        if (task != null) {
          task.run();
        }
      } catch (Throwable thrown) {
        tell(thrown);
      }
    }
  }

  /** The thread outlives whatever is thrown: without it nobody could leave in order. */
  private void tell(Throwable thrown) {
    try {
      onError.accept(thrown);
    } catch (Throwable untold) {
      // Nobody is left to be told; without memory even a log line fails.
    }
  }

  /** Waits for the next task; null when the loop is closed. */
  private @Nullable Runnable next() {
    lock.lock();
    try {
      while (!closed) {
        var timer = timers.isEmpty() ? null : timers.first();
        long wait = timer == null ? Long.MAX_VALUE : timer.due - ticks();
        if (timer != null && wait <= 0) {
          timers.remove(timer);
          ready.add(timer.task);
        }
        var task = ready.poll();
        if (task != null) {
          return task;
        }
        try {
          wait = changed.awaitNanos(Math.min(wait, LONGEST_WAIT_NANOS));
        } catch (InterruptedException ignored) {
          // Only close() ends the loop: a user's stray interrupt must not stop a worker.
        }
      }
      return null;
    } finally {
      lock.unlock();
    }
  }

  /** Knows its loop, so that a test that finds the thread by its name can give it a bad task. */
  static final class LoopThread extends Thread {
    final ThreadedLoop loop;

    LoopThread(ThreadedLoop loop, String name) {
      super(name);
      this.loop = loop;
      setDaemon(true);
    }

    @Override
    public void run() {
      loop.run();
    }
  }

  private static final class Timer {
    static final Comparator<Timer> ORDER =
        (a, b) -> {
          // Differences, since ticks may overflow.
          int byTime = Long.compare(a.due - b.due, 0);
          return byTime != 0 ? byTime : Long.compare(a.number, b.number);
        };

    final long due;
    final long number;
    final Runnable task;

    Timer(long due, long number, Runnable task) {
      this.due = due;
      this.number = number;
      this.task = task;
    }
  }
}
