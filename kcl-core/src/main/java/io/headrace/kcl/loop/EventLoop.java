package io.headrace.kcl.loop;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Executor;

/**
 * The one seam for time and order: tasks run one at a time, in the order in which they were given
 * or fell due. Every clock, sleep and thread of Headrace lies behind it, so that a simulated loop
 * decides the whole course of events.
 *
 * <p>All methods may be called from any thread.
 */
public interface EventLoop extends Executor {
  /** Wall time; may jump. For records and people, never for measuring. */
  Instant now();

  /** Monotonic nanoseconds from an arbitrary origin; comparable only within one process. */
  long ticks();

  /** Runs the task on the loop, after those given before; never inside the caller. */
  @Override
  void execute(Runnable task);

  /** Runs the task on the loop once {@code delay} has passed. */
  Scheduled schedule(Duration delay, Runnable task);

  /** Whether the caller runs on this loop. */
  boolean isCurrent();

  /** A task that has not fallen due. */
  interface Scheduled {
    /** The task will not run, unless it already began. Harmless when repeated. */
    void cancel();
  }
}
