package io.headrace.harness.fleet;

import io.headrace.kcl.loop.EventLoop;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;

/**
 * One thread of a simulated process: an event loop that keeps the process's time, stands still
 * while the process is paused or this thread hangs, and ends with it. All of them share the world's
 * loop and are used on its thread only.
 */
final class ProcessLoop implements EventLoop {
  private final EventLoop world;
  private final ProcessClock clock;
  private final Consumer<Throwable> onFault;
  private final Deque<Runnable> held = new ArrayDeque<>();
  private boolean dead;
  private boolean stopped;
  private boolean running;

  /**
   * @param onFault told what a task threw: in production the loop would log it and go on
   */
  ProcessLoop(EventLoop world, ProcessClock clock, Consumer<Throwable> onFault) {
    this.world = world;
    this.clock = clock;
    this.onFault = onFault;
  }

  /** The thread ends: nothing runs any more. */
  void end() {
    dead = true;
    held.clear();
  }

  /** Nothing runs until {@link #goOn}, and what falls due is kept. */
  void standStill() {
    stopped = true;
  }

  void goOn() {
    stopped = false;
    var waiting = new ArrayDeque<>(held);
    held.clear();
    waiting.forEach(world::execute);
  }

  @Override
  public Instant now() {
    return clock.now();
  }

  @Override
  public long ticks() {
    return clock.ticks();
  }

  @Override
  public void execute(Runnable task) {
    world.execute(new Turn(task));
  }

  @Override
  public Scheduled schedule(Duration delay, Runnable task) {
    var timer = new Timer(clock.ticks() + Math.max(0, delay.toNanos()), task);
    timer.arm();
    return timer;
  }

  @Override
  public boolean isCurrent() {
    return running;
  }

  private final class Turn implements Runnable {
    private final Runnable task;

    Turn(Runnable task) {
      this.task = task;
    }

    @Override
    public void run() {
      if (dead) {
        return;
      }
      if (stopped) {
        held.add(this);
        return;
      }
      running = true;
      try {
        task.run();
      } catch (Throwable fault) {
        onFault.accept(fault);
      } finally {
        running = false;
      }
    }
  }

  /** Due by the process's clock, which may stand still or run late. */
  private final class Timer implements Runnable, Scheduled {
    private final long due;
    private final Turn turn;
    private boolean cancelled;
    private Scheduled armed = () -> {};

    Timer(long due, Runnable task) {
      this.due = due;
      this.turn =
          new Turn(
              () -> {
                if (!cancelled) {
                  task.run();
                }
              });
    }

    void arm() {
      var left = clock.inWorld(Duration.ofNanos(due - clock.ticks()));
      armed = world.schedule(left, this);
    }

    @Override
    public void run() {
      if (dead || cancelled) {
        return;
      }
      if (stopped) {
        held.add(this);
      } else if (due - clock.ticks() > 0) {
        armed = world.schedule(Duration.ofNanos(due - clock.ticks()), this);
      } else {
        turn.run();
      }
    }

    @Override
    public void cancel() {
      cancelled = true;
      armed.cancel();
    }
  }
}
