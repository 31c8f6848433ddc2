package io.headrace.kcl.loop;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * An event loop under virtual time, for tests and simulations: nothing runs but inside {@link
 * #advance}, {@link #runUntilIdle} and {@link #runUntil}, on the thread that calls them. The same
 * seed gives the same course of events. Tasks given by {@link #execute} keep their order; which of
 * several timers that fall due together comes first, and whether a timer comes before a waiting
 * task, is drawn from the seed.
 *
 * <p>{@link #execute} and {@link #schedule} may be called from any thread, so that a part under
 * test may be a real one that answers on its own threads: {@link #runUntil} waits for such answers.
 *
 * <p>What a task throws comes out of the method that ran it.
 */
public final class SimulatedLoop implements EventLoop {
  /** More tasks than this without time passing is a task that gives itself again for ever. */
  private static final int TASKS_AT_ONE_INSTANT_MAX = 10_000_000;

  private static final long CONDITION_LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  private final Instant start;
  private final @Nullable SplittableRandom random;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition given = lock.newCondition();
  private final ArrayDeque<Runnable> ready = new ArrayDeque<>();
  private final TreeSet<Timer> timers = new TreeSet<>(Timer.ORDER);
  private long numbers;
  private long ticks;
  private volatile @Nullable Thread runner;
  private Runnable afterEach = () -> {};

  public SimulatedLoop(long seed) {
    this(Instant.parse("2026-01-01T00:00:00Z"), new SplittableRandom(seed));
  }

  private SimulatedLoop(Instant start, @Nullable SplittableRandom random) {
    this.start = start;
    this.random = random;
  }

  /**
   * A loop that draws nothing: waiting tasks come before timers, and timers that fall due together
   * in the order in which they were given. For whoever explores orders of events by itself.
   */
  public static SimulatedLoop inOrder(Instant wall) {
    return new SimulatedLoop(wall, null);
  }

  /** A fresh loop with the same seed, whose wall clock begins at {@code wall}. */
  public SimulatedLoop startingAt(Instant wall) {
    return new SimulatedLoop(wall, random == null ? null : random.split());
  }

  /** Runs {@code check} after each task, to assert what must always hold. */
  public void afterEachTask(Runnable check) {
    afterEach = check;
  }

  @Override
  public Instant now() {
    return start.plusNanos(ticks());
  }

  @Override
  public long ticks() {
    lock.lock();
    try {
      return ticks;
    } finally {
      lock.unlock();
    }
  }

  /** True for the thread that runs a task of this loop, while it does. */
  @Override
  public boolean isCurrent() {
    return Thread.currentThread() == runner;
  }

  @Override
  public void execute(Runnable task) {
    lock.lock();
    try {
      ready.add(task);
      given.signalAll();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public Scheduled schedule(Duration delay, Runnable task) {
    lock.lock();
    try {
      long due = ticks + Math.max(0, delay.toNanos());
      var timer = new Timer(due, random == null ? 0 : random.nextInt(), numbers++, task);
      timers.add(timer);
      given.signalAll();
      return () -> cancel(timer);
    } finally {
      lock.unlock();
    }
  }

  /** Lets time pass: runs everything that is due until then, each task at its own moment. */
  public void advance(Duration by) {
    long until = ticks() + by.toNanos();
    while (true) {
      runUntilIdle();
      lock.lock();
      try {
        var timer = timers.isEmpty() ? null : timers.first();
        if (!ready.isEmpty()) {
          continue;
        }
        if (timer == null || timer.due > until) {
          ticks = until;
          return;
        }
        ticks = timer.due;
      } finally {
        lock.unlock();
      }
    }
  }

  /** Runs what is due now, and what comes of it now, without time passing. */
  public void runUntilIdle() {
    int ran = 0;
    for (var task = next(); task != null; task = next()) {
      run(task);
      if (++ran > TASKS_AT_ONE_INSTANT_MAX) {
        throw new IllegalStateException(
            ran + " tasks at " + now() + " without time passing: a task gives itself again");
      }
    }
  }

  /**
   * Runs what is due now until {@code done}, waiting for tasks that other threads give. Virtual
   * time stands still.
   *
   * @param realMillisMax how long to wait for other threads, in real time
   * @return whether it was done in time
   */
  public boolean runUntil(BooleanSupplier done, long realMillisMax) {
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(realMillisMax);
    while (true) {
      runUntilIdle();
      if (done.getAsBoolean()) {
        return true;
      }
      lock.lock();
      try {
        long left = deadline - System.nanoTime();
        if (left <= 0) {
          return false;
        }
        if (ready.isEmpty()) {
          // Bounded, since another thread may fulfil the condition without giving a task.
          left = given.awaitNanos(Math.min(left, CONDITION_LOOK_NANOS));
        }
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
        return false;
      } finally {
        lock.unlock();
      }
    }
  }

  /** How long until something is due: zero when it is now, empty when nothing ever is. */
  public Optional<Duration> nextDue() {
    lock.lock();
    try {
      if (!ready.isEmpty()) {
        return Optional.of(Duration.ZERO);
      }
      return Optional.ofNullable((timers.isEmpty() ? null : timers.first()))
          .map(timer -> Duration.ofNanos(timer.due - ticks));
    } finally {
      lock.unlock();
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

  private @Nullable Runnable next() {
    lock.lock();
    try {
      var timer = timers.isEmpty() ? null : timers.first();
      boolean due = timer != null && timer.due <= ticks;
      if (timer != null && due && (ready.isEmpty() || (random != null && random.nextBoolean()))) {
        timers.remove(timer);
        return timer.task;
      }
      return ready.poll();
    } finally {
      lock.unlock();
    }
  }

  private void run(Runnable task) {
    if (runner != null) {
      throw new IllegalStateException("the loop runs already: a task must not run the loop");
    }
    runner = Thread.currentThread();
    try {
      task.run();
      afterEach.run();
    } finally {
      runner = null;
    }
  }

  private static final class Timer {
    static final Comparator<Timer> ORDER =
        Comparator.<Timer>comparingLong(timer -> timer.due)
            .thenComparingInt(timer -> timer.tie)
            .thenComparingLong(timer -> timer.number);

    final long due;
    final int tie;
    final long number;
    final Runnable task;

    Timer(long due, int tie, long number, Runnable task) {
      this.due = due;
      this.tie = tie;
      this.number = number;
      this.task = task;
    }
  }
}
