package io.headrace.function;

import io.headrace.kcl.loop.EventLoop;
import java.time.Duration;

/**
 * One loop that looks after another: a loop that does not turn over for long is told of. Counts
 * looks and not time, so that a process that stood still as a whole finds nothing wrong. Lives on
 * the watching loop.
 */
final class LoopWatch {
  /** So many looks without an answer in between. */
  static final int MISSED_MAX = 8;

  private final EventLoop watching;
  private final EventLoop watched;
  private final Duration every;
  private final Runnable stuck;
  private boolean answered = true;
  private int missed;
  private boolean over;

  /**
   * @param every from look to look
   * @param stuck told once, on the watching loop
   */
  LoopWatch(EventLoop watching, EventLoop watched, Duration every, Runnable stuck) {
    this.watching = watching;
    this.watched = watched;
    this.every = every;
    this.stuck = stuck;
  }

  /** Any thread. */
  void begin() {
    watching.execute(this::look);
  }

  /** Any thread. */
  void end() {
    watching.execute(() -> over = true);
  }

  private void look() {
    if (over) {
      return;
    }
    if (answered) {
      answered = false;
      missed = 0;
      watched.execute(() -> watching.execute(() -> answered = true));
    } else {
      missed++;
    }
    if (missed >= MISSED_MAX) {
      over = true;
      stuck.run();
    } else {
      var unused = watching.schedule(every, this::look);
    }
  }
}
