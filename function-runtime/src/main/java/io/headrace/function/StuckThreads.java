package io.headrace.function;

import io.headrace.kcl.loop.BoundedPool;
import io.headrace.kcl.loop.EventLoop;
import io.headrace.kcl.loop.ThreadKind;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The threads that are stuck in calls of one function: interrupted, and not back. Another takes the
 * place of each, as far as the pool is ours, and another instance that of the function, since what
 * is stuck may hold its locks. {@link #add} is called on the worker loop, {@link #returned} by any
 * thread.
 */
final class StuckThreads {
  private static final Logger LOG = LoggerFactory.getLogger(StuckThreads.class);

  /** How long after its interrupt a thread is stuck. */
  static final Duration PATIENCE = Duration.ofSeconds(10);

  private static final int FRAMES_TOLD = 3;

  /** So many bits of a token count attempts that were given up, the others are the owner's. */
  private static final int FENCE_BITS = 32;

  private static final long FENCES_MAX = (1L << FENCE_BITS) - 1;

  /** Those of all functions of one worker. Any thread. */
  static final class Tally {
    private final int max;
    private final Consumer<String> tooMany;
    private final Map<String, Integer> byFunction = new TreeMap<>();

    /** Those that keep a processor from all virtual threads. */
    private int holding;

    /**
     * Counts.
     *
     * @param max how many are borne with
     * @param tooMany told in a sentence, on the worker loop, each time that there is one more
     */
    Tally(int max, Consumer<String> tooMany) {
      this.max = max;
      this.tooMany = tooMany;
    }

    /** Of tests and harnesses that have no threads. */
    static Tally unbounded() {
      return new Tally(Integer.MAX_VALUE, sentence -> {});
    }

    /** For {@link Health}. */
    synchronized List<String> sentences() {
      return byFunction.entrySet().stream()
          .filter(each -> each.getValue() > 0)
          .map(
              each -> "function " + each.getKey() + ": " + each.getValue() + " of its threads hang")
          .toList();
    }

    synchronized int now() {
      return byFunction.values().stream().mapToInt(Integer::intValue).sum();
    }

    private synchronized void count(String function, int more, int moreHolding) {
      byFunction.merge(function, more, Integer::sum);
      holding += moreHolding;
    }

    private synchronized boolean holdsAllProcessors() {
      return holding >= ThreadKind.processorsOfVirtual();
    }

    private void judge() {
      int now = now();
      if (now > max || holdsAllProcessors()) {
        tooMany.accept(
            now
                + " threads were interrupted and hang ("
                + String.join("; ", sentences())
                + (holdsAllProcessors() ? "; no virtual thread can run beside them)" : ")"));
      }
    }
  }

  private final String function;
  private final Tally tally;
  private final Executor pool;
  private final Runnable replacement;
  private final AtomicLong fences = new AtomicLong();

  /** Of those that are stuck, the ones that keep a processor from all virtual threads. */
  private final Set<Thread> holding = ConcurrentHashMap.newKeySet();

  /**
   * Of one function.
   *
   * @param pool where it is called
   * @param replacement makes another instance of it; run on the pool, throws nothing
   */
  StuckThreads(String function, Tally tally, Executor pool, Runnable replacement) {
    this.function = function;
    this.tally = tally;
    this.pool = pool;
    this.replacement = replacement;
  }

  /**
   * What an attempt that begins now has for a fencing token: higher than those of attempts that
   * were given up before, also when a function begins anew in a shard under the same owner's token,
   * as after an operator's pause.
   */
  long tokenOf(long owner) {
    return (owner << FENCE_BITS) | fences.get();
  }

  /** Whose attempt has this token. */
  static long ownerOf(long token) {
    return token >>> FENCE_BITS;
  }

  /** An attempt is given up while its code may be running; any thread. */
  void fence() {
    var unused = fences.updateAndGet(count -> Math.min(count + 1, FENCES_MAX));
  }

  /** Runs the user's code that nobody waits for where the function is called, if there is room. */
  void onPool(Runnable task) {
    try {
      pool.execute(task);
    } catch (RejectedExecutionException full) {
      // A stage that is not cancelled goes on; what comes of it is discarded.
    }
  }

  /**
   * The thread was interrupted {@link #PATIENCE} ago.
   *
   * @param loop the worker's
   */
  void add(Thread thread, EventLoop loop) {
    boolean holds = pool instanceof BoundedPool ours && ours.holdsProcessor(thread);
    if (holds) {
      holding.add(thread);
    }
    tally.count(function, 1, holds ? 1 : 0);
    LOG.warn(
        "function {}: thread {} was interrupted {} s ago and has not come back; another takes its"
            + " place. It is at {}",
        function,
        thread.getName(),
        PATIENCE.toSeconds(),
        whereabouts(thread));
    replace(loop);
    tally.judge();
  }

  private void replace(EventLoop loop) {
    if (pool instanceof BoundedPool ours) {
      var making = new Making(ours);
      ours.lost(making);
      var unused = loop.schedule(PATIENCE, making::giveUp);
      return;
    }
    try {
      pool.execute(replacement);
    } catch (RejectedExecutionException full) {
      // The instance is used on: where it is blocked by what is stuck, the next time-outs tell.
      LOG.warn("function {}: its pool has no room to make another instance", function);
    }
  }

  /**
   * Another instance is made, by the user's code: that may hang on the very thing on which the
   * calls hang. Then its thread is stuck, too, and the instance that there is is used on.
   */
  private final class Making implements Runnable {
    private final BoundedPool ours;

    // Guarded by this.
    private boolean made;
    private boolean stuck;

    Making(BoundedPool ours) {
      this.ours = ours;
    }

    @Override
    public void run() {
      replacement.run();
      boolean late;
      synchronized (this) {
        made = true;
        late = stuck;
      }
      if (late) {
        ours.returned();
        tally.count(function, -1, 0);
      }
    }

    void giveUp() {
      synchronized (this) {
        if (made) {
          return;
        }
        stuck = true;
      }
      LOG.warn(
          "function {}: another instance was not made within {} s, this one is used on",
          function,
          PATIENCE.toSeconds());
      tally.count(function, 1, 0);
      ours.lost(() -> {});
      tally.judge();
    }
  }

  /** A thread that was added has come back after all; called by it. */
  void returned() {
    if (pool instanceof BoundedPool ours) {
      ours.returned();
    }
    tally.count(function, -1, holding.remove(Thread.currentThread()) ? -1 : 0);
  }

  /** The innermost frame, and the innermost ones that are not the JDK's: who waits for what. */
  private static String whereabouts(Thread thread) {
    var frames = thread.getStackTrace();
    var users = Arrays.stream(frames).skip(1).filter(frame -> !isOfJdk(frame)).limit(FRAMES_TOLD);
    return Stream.concat(Arrays.stream(frames).limit(1), users)
        .map(StackTraceElement::toString)
        .collect(Collectors.joining(" < "));
  }

  private static boolean isOfJdk(StackTraceElement frame) {
    var module = frame.getModuleName();
    return module != null && (module.startsWith("java.") || module.startsWith("jdk."));
  }
}
