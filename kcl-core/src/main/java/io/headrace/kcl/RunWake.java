package io.headrace.kcl;

import io.headrace.kcl.loop.EventLoop;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The one timer of a {@link HandlerRun}: for the moment at which the machine next wants to be
 * woken. On the worker loop only.
 */
final class RunWake {
  private final HandlerRun run;
  private final EventLoop loop;
  private final Runnable woken;
  private EventLoop.@Nullable Scheduled timer;
  private long timerTicks;

  /**
   * @param woken run at each end of the timer, which may come before the run {@link #isDue}
   */
  RunWake(HandlerRun run, EventLoop loop, Runnable woken) {
    this.run = run;
    this.loop = loop;
    this.woken = woken;
  }

  /** Follows what the run wants now. */
  void arm() {
    long now = loop.ticks();
    long at = run.wakeAt(now);
    if (at == Batcher.NEVER || (timer != null && timerTicks - at <= 0)) {
      return; // A timer that is too early looks again; it never has to be moved back.
    }
    cancel();
    timerTicks = at;
    timer = loop.schedule(Duration.ofNanos(Math.max(0, at - now)), this::end);
  }

  boolean isDue() {
    long now = loop.ticks();
    long at = run.wakeAt(now);
    return at != Batcher.NEVER && at - now <= 0;
  }

  void cancel() {
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
  }

  private void end() {
    timer = null;
    woken.run();
  }
}
