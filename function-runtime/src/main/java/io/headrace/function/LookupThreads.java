package io.headrace.function;

import io.headrace.kcl.loop.BoundedPool;
import io.headrace.kcl.loop.EventLoop;
import io.headrace.kcl.loop.ThreadKind;
import io.headrace.kcl.loop.ThreadedLoop;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The threads of all {@link BatchLookup}s of the process, begun with the first. One is for timers
 * and never runs what is the user's: a service that blocks, though it is not to, would keep all
 * others from being asked, and from ending in time. Any thread may call.
 */
final class LookupThreads {
  private static final int THREADS_MAX = 32;
  private static final int WAITING_MAX = 10_000;
  private static final Logger LOG = LoggerFactory.getLogger(LookupThreads.class);

  static final EventLoop TIMERS =
      ThreadedLoop.start(
          "headrace-lookups", thrown -> LOG.error("a timer of a look-up failed", thrown));

  private static final Executor LOADS = pool("headrace-lookups-asking");

  /** Others, so that calls end in time though all of those block. */
  private static final Executor ENDS = pool("headrace-lookups-ending");

  private LookupThreads() {}

  private static Executor pool(String name) {
    return new BoundedPool(name, ThreadKind.forBlocking(), THREADS_MAX, WAITING_MAX);
  }

  /** Asks a service. */
  static void load(Runnable task, Consumer<Throwable> refused) {
    try {
      LOADS.execute(task);
    } catch (RejectedExecutionException full) {
      end(() -> refused.accept(full));
    }
  }

  /** Tells those who asked that their call has failed, with what they have hung on it. */
  static void end(Runnable task) {
    try {
      ENDS.execute(task);
    } catch (RejectedExecutionException full) {
      task.run(); // Late for others is better than never for these.
    }
  }
}
