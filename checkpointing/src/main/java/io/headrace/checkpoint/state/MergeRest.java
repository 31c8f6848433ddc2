package io.headrace.checkpoint.state;

import io.headrace.kcl.loop.EventLoop;
import java.time.Duration;

/**
 * How long merging rests after it has failed: a merge reads and writes many chunks, and a store
 * that is down or throttled is not to be asked for all of them at each commit. Owned by the worker
 * loop.
 */
final class MergeRest {
  private static final Duration FIRST = Duration.ofSeconds(2);
  private static final Duration LONGEST = Duration.ofMinutes(5);
  private static final int DOUBLINGS_MAX = 8;

  private int failures;

  /** In ticks; of no meaning while nothing has failed. */
  private long until;

  boolean isResting(EventLoop loop) {
    return failures > 0 && loop.ticks() - until < 0;
  }

  void succeeded() {
    failures = 0;
  }

  /** Answers how long it rests. */
  Duration failed(EventLoop loop) {
    var wait = FIRST.multipliedBy(1L << Math.min(failures, DOUBLINGS_MAX));
    wait = wait.compareTo(LONGEST) > 0 ? LONGEST : wait;
    failures++;
    until = loop.ticks() + wait.toNanos();
    return wait;
  }
}
