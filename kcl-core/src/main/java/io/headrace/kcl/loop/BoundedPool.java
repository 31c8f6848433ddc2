package io.headrace.kcl.loop;

import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * So many daemon threads at most with a bounded queue, for what blocks: user functions, files. A
 * thread is started when the others all have something to do, and ends after a minute without work;
 * one that does not come back can be replaced ({@link #lost}). Any thread may call.
 */
public final class BoundedPool implements Executor, AutoCloseable {
  private static final long IDLE_NANOS_MAX = TimeUnit.SECONDS.toNanos(60);

  private final String name;
  private final ThreadKind kind;
  private final ThreadFactory factory;
  private final ThreadFactory replacements;
  private final int queueMax;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition given = lock.newCondition();

  // Guarded by the lock.
  private final ArrayDeque<Runnable> queue = new ArrayDeque<>();
  private final Set<Thread> threads = new HashSet<>();
  private int threadsMax;
  private int idle;
  private boolean closed;

  /** Makes a pool of threads of the operating system; see the other constructor. */
  public BoundedPool(String name, int threadsMax, int queueMax) {
    this(name, ThreadKind.PLATFORM, threadsMax, queueMax);
  }

  /**
   * Makes a pool.
   *
   * @param name of the threads, with a number behind it
   * @param kind of the threads; one that this JDK has
   * @param threadsMax how many tasks run at once
   * @param queueMax how many may wait; one more is refused
   */
  public BoundedPool(String name, ThreadKind kind, int threadsMax, int queueMax) {
    if (!kind.isAvailable()) {
      throw new IllegalArgumentException(
          "pool " + name + ": this JDK has no " + kind + " threads; they come with JDK 21");
    }
    this.name = name;
    this.kind = kind;
    this.factory = kind.factory(name);
    this.replacements = ThreadKind.PLATFORM.factory(name + "-in-place");
    this.threadsMax = threadsMax;
    this.queueMax = queueMax;
  }

  /**
   * Runs the task on one of the threads.
   *
   * @throws RejectedExecutionException when the queue is full or the pool is closed
   */
  @Override
  public void execute(Runnable task) {
    lock.lock();
    try {
      if (closed) {
        throw new RejectedExecutionException("pool " + name + " is closed");
      }
      if (idle > queue.size()) {
        queue.add(task);
        given.signal();
      } else if (threads.size() < threadsMax) {
        begin(factory, task);
      } else if (queue.size() - idle < queueMax) {
        queue.add(task);
      } else {
        throw new RejectedExecutionException(
            "pool "
                + name
                + ": "
                + threads.size()
                + " threads are busy and "
                + queue.size()
                + " tasks wait, which is its bound");
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * One of the threads does not come back from its task: another one takes its place, until it has
   * {@link #returned}. One of the operating system, as the lost one may hold what virtual ones run
   * on.
   *
   * @param first what that one does before it takes tasks that wait
   */
  public void lost(Runnable first) {
    lock.lock();
    try {
      threadsMax++;
      if (!closed) {
        begin(replacements, first);
      }
    } finally {
      lock.unlock();
    }
  }

  /** A thread that was {@link #lost} has come back: of all, one ends when it is done. */
  public void returned() {
    lock.lock();
    try {
      threadsMax--;
      given.signal();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Whether one of its threads that is lost keeps a processor from all virtual threads of the
   * process: they are not taken off it while they compute or are in native code.
   */
  public boolean holdsProcessor(Thread lost) {
    return kind == ThreadKind.VIRTUAL && lost.getState() == Thread.State.RUNNABLE;
  }

  /** How many threads there are, those without work among them. */
  public int threads() {
    lock.lock();
    try {
      return threads.size();
    } finally {
      lock.unlock();
    }
  }

  /** Interrupts what runs, drops what waits and returns at once. */
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      queue.clear();
      threads.forEach(Thread::interrupt);
      given.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void begin(ThreadFactory by, Runnable first) {
    var thread = by.newThread(() -> work(first));
    threads.add(thread);
    boolean started = false;
    try {
      thread.start();
      started = true;
    } finally {
      if (!started) {
        threads.remove(thread);
      }
    }
  }

  private void work(Runnable first) {
    try {
      for (@Nullable Runnable task = first; task != null; task = next()) {
        try {
          task.run();
        } catch (Throwable thrown) {
          tell(thrown);
        }
      }
    } finally {
      forget(); // Whatever ended it, as memory may between two tasks: another can take its place.
    }
  }

  private static void tell(Throwable thrown) {
    var thread = Thread.currentThread();
    try {
      thread.getUncaughtExceptionHandler().uncaughtException(thread, thrown);
    } catch (Throwable untold) {
      // The process's own handler: nobody is left to be told.
    }
  }

  private void forget() {
    lock.lock();
    try {
      threads.remove(Thread.currentThread());
    } finally {
      lock.unlock();
    }
  }

  /** The next task; null when the thread is to end. */
  private @Nullable Runnable next() {
    lock.lock();
    try {
      // An interrupt that was meant for the last task must not hit the next.
      boolean unused = Thread.interrupted();
      long left = IDLE_NANOS_MAX;
      while (queue.isEmpty() && !closed && threads.size() <= threadsMax && left > 0) {
        idle++;
        try {
          left = given.awaitNanos(left);
        } catch (InterruptedException late) {
          // It was meant for the task before.
        } finally {
          idle--;
        }
      }
      unused = Thread.interrupted(); // One that came when it had been told of a task, too.
      var task = closed || threads.size() > threadsMax ? null : queue.poll();
      if (task == null) {
        threads.remove(Thread.currentThread());
        given.signal(); // Had this one been told of a task, another is to take it.
      }
      return task;
    } finally {
      lock.unlock();
    }
  }
}
