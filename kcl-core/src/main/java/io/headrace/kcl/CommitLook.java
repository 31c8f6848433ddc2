package io.headrace.kcl;

import io.headrace.kcl.loop.EventLoop;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * When a run looks whether a commit is due: every 100 ms while there is something to commit, and
 * sooner where something waits for it. On the worker loop only.
 */
final class CommitLook {
  private static final Duration USUAL = Duration.ofMillis(100);
  private static final long NEVER = Long.MAX_VALUE;

  private final EventLoop loop;
  private final BooleanSupplier storable;
  private final Runnable look;
  private EventLoop.@Nullable Scheduled next;
  private long nextTicks;

  /** A commit is wanted by then, whatever the policy says. */
  private long wantedTicks = NEVER;

  /**
   * @param storable whether a commit could be stored now: else what is wanted has to wait
   */
  CommitLook(EventLoop loop, BooleanSupplier storable, Runnable look) {
    this.loop = loop;
    this.storable = storable;
    this.look = look;
  }

  /** Whether that is sooner than before. */
  boolean want(Duration within) {
    long by = loop.ticks() + within.toNanos();
    if (wantedTicks != NEVER && wantedTicks - by <= 0) {
      return false;
    }
    wantedTicks = by;
    return true;
  }

  /** Whether what is wanted is due, and can be had. */
  boolean isDue() {
    return wantedTicks != NEVER && wantedTicks - loop.ticks() <= 0 && storable.getAsBoolean();
  }

  /** What was wanted by now is a part of the commit that begins. */
  void captured() {
    wantedTicks = NEVER;
  }

  /** There is something to commit; told with each event, so it mostly ends at once. */
  void arm() {
    boolean soon = wantedTicks != NEVER && storable.getAsBoolean();
    if (next != null && (!soon || nextTicks - wantedTicks <= 0)) {
      return;
    }
    if (next != null) {
      next.cancel();
    }
    long wait = USUAL.toNanos();
    nextTicks = loop.ticks() + wait;
    if (soon && wantedTicks - nextTicks < 0) {
      wait = Math.max(0, wait - (nextTicks - wantedTicks));
      nextTicks = wantedTicks;
    }
    next =
        loop.schedule(
            Duration.ofNanos(wait),
            () -> {
              next = null;
              look.run();
            });
  }
}
