package io.headrace.function;

import io.headrace.kcl.loop.BoundedPool;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
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

    private synchronized void count(String function, int more) {
      byFunction.merge(function, more, Integer::sum);
    }

    private void judge() {
      int now = now();
      if (now > max) {
        tooMany.accept(
            now + " threads were interrupted and hang (" + String.join("; ", sentences()) + ")");
      }
    }
  }

  private final String function;
  private final Tally tally;
  private final Executor pool;
  private final Runnable replacement;
  private final AtomicLong fences = new AtomicLong();

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

  /** An attempt is given up while its code may be running; any thread. */
  void fence() {
    var unused = fences.updateAndGet(count -> Math.min(count + 1, FENCES_MAX));
  }

  /** The thread was interrupted {@link #PATIENCE} ago. */
  void add(Thread thread) {
    tally.count(function, 1);
    LOG.warn(
        "function {}: thread {} was interrupted {} s ago and has not come back; another takes its"
            + " place. It is at {}",
        function,
        thread.getName(),
        PATIENCE.toSeconds(),
        whereabouts(thread));
    replace();
    tally.judge();
  }

  private void replace() {
    if (pool instanceof BoundedPool ours) {
      ours.lost(replacement);
      return;
    }
    try {
      pool.execute(replacement);
    } catch (RejectedExecutionException full) {
      // The instance is used on: where it is blocked by what is stuck, the next time-outs tell.
      LOG.warn("function {}: its pool has no room to make another instance", function);
    }
  }

  /** A thread that was added has come back after all. */
  void returned() {
    if (pool instanceof BoundedPool ours) {
      ours.returned();
    }
    tally.count(function, -1);
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
