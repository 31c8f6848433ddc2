package io.headrace.kcl.loop;

import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A fixed number of daemon threads with a bounded queue, for what blocks: user functions, files.
 * Threads are started when needed and end after a minute without work. Any thread may call.
 */
public final class BoundedPool implements Executor, AutoCloseable {
  private static final long IDLE_SECONDS_MAX = 60;

  private final String name;
  private final ThreadPoolExecutor threads;

  /**
   * Makes a pool.
   *
   * @param name of the threads, with a number behind it
   * @param threadsMax how many tasks run at once
   * @param queueMax how many may wait; one more is refused
   */
  public BoundedPool(String name, int threadsMax, int queueMax) {
    this.name = name;
    var numbers = new AtomicInteger();
    threads =
        new ThreadPoolExecutor(
            threadsMax,
            threadsMax,
            IDLE_SECONDS_MAX,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(queueMax),
            task -> daemon(task, name + "-" + numbers.incrementAndGet()),
            (task, pool) -> refuse(pool));
    threads.allowCoreThreadTimeOut(true);
  }

  /**
   * Runs the task on one of the threads.
   *
   * @throws RejectedExecutionException when the queue is full or the pool is closed
   */
  @Override
  public void execute(Runnable task) {
    threads.execute(task);
  }

  /** Interrupts what runs, drops what waits and returns at once. */
  @Override
  public void close() {
    threads.shutdownNow();
  }

  private void refuse(ThreadPoolExecutor pool) {
    throw new RejectedExecutionException(
        pool.isShutdown()
            ? "pool " + name + " is closed"
            : "pool "
                + name
                + ": "
                + pool.getMaximumPoolSize()
                + " threads are busy and "
                + pool.getQueue().size()
                + " tasks wait, which is its bound");
  }

  private static Thread daemon(Runnable task, String name) {
    var thread = new Thread(task, name);
    thread.setDaemon(true);
    return thread;
  }
}
