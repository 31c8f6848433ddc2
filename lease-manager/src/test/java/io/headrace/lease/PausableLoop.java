package io.headrace.lease;

import io.headrace.kcl.loop.EventLoop;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;

/** A loop that can stand still while time goes on, as a process does in a long collection. */
final class PausableLoop implements EventLoop {
  private final EventLoop base;
  private final Deque<Runnable> held = new ArrayDeque<>();
  private boolean paused;

  /** The longest delay that was asked for. */
  Duration longest = Duration.ZERO;

  PausableLoop(EventLoop base) {
    this.base = base;
  }

  void pause() {
    paused = true;
  }

  void resume() {
    paused = false;
    while (!held.isEmpty()) {
      base.execute(held.poll());
    }
  }

  private void run(Runnable task) {
    if (paused) {
      held.add(task);
    } else {
      task.run();
    }
  }

  @Override
  public Instant now() {
    return base.now();
  }

  @Override
  public long ticks() {
    return base.ticks();
  }

  @Override
  public void execute(Runnable task) {
    base.execute(() -> run(task));
  }

  @Override
  public Scheduled schedule(Duration delay, Runnable task) {
    longest = delay.compareTo(longest) > 0 ? delay : longest;
    var cancelled = new boolean[1];
    Runnable unlessCancelled =
        () -> {
          if (!cancelled[0]) {
            task.run();
          }
        };
    var timer = base.schedule(delay, () -> run(unlessCancelled));
    return () -> {
      cancelled[0] = true;
      timer.cancel();
    };
  }

  @Override
  public boolean isCurrent() {
    return base.isCurrent();
  }
}
