package io.headrace.local.transport;

import io.netty.util.concurrent.EventExecutor;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Lets open subscriptions look at the server's clock, which may be a virtual one that no timer
 * follows: every few milliseconds of real time while there is any, each on its own event loop. Any
 * thread.
 */
final class Ticker {
  private static final int MILLIS = 20;

  private final Map<EventExecutor, Loop> loops = new ConcurrentHashMap<>();

  /** Calls {@code tick} from now on, on the loop that is also the caller's. */
  void add(EventExecutor loop, Runnable tick) {
    loops.computeIfAbsent(loop, Loop::new).add(tick);
  }

  void remove(EventExecutor loop, Runnable tick) {
    Loop ticks = loops.get(loop);
    if (ticks != null) {
      ticks.remove(tick);
    }
  }

  /** What ticks on one event loop; confined to it. */
  private static final class Loop {
    private final EventExecutor executor;
    private final Set<Runnable> ticks = new LinkedHashSet<>();
    private boolean running;

    Loop(EventExecutor executor) {
      this.executor = executor;
    }

    void add(Runnable tick) {
      ticks.add(tick);
      if (!running) {
        running = true;
        later();
      }
    }

    void remove(Runnable tick) {
      ticks.remove(tick);
    }

    private void later() {
      var unused = executor.schedule(this::run, MILLIS, TimeUnit.MILLISECONDS);
    }

    private void run() {
      // First, so that whatever becomes of one tick the others go on.
      running = !ticks.isEmpty();
      if (running) {
        later();
      }
      // A tick may end its subscription and so take itself off.
      new ArrayList<>(ticks).forEach(Runnable::run);
    }
  }
}
