package io.headrace.kcl;

import io.headrace.kcl.loop.EventLoop;
import io.headrace.kcl.loop.Stages;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The wait of one run, behind its last commit, for what that commit lets out. It is had once, and
 * is short, as the shard stands still meanwhile. On the worker loop only.
 */
final class Departure {
  /** What has not left by then is the next owner's to send. */
  private static final Duration WAIT_MAX = Duration.ofMillis(500);

  /** Told when the wait is over. */
  @FunctionalInterface
  interface Then {
    /**
     * @param isNews whether there was a wait: what it brought may be worth another commit
     */
    void over(boolean isNews);
  }

  private final EventLoop loop;
  private @Nullable Then waiting;
  private EventLoop.@Nullable Scheduled limit;
  private boolean had;

  Departure(EventLoop loop) {
    this.loop = loop;
  }

  /**
   * @param then run once: at once when the wait was had
   */
  void await(ShardHandler handler, Then then) {
    if (had) {
      then.over(false);
      return;
    }
    had = true;
    waiting = then;
    limit = loop.schedule(WAIT_MAX, this::giveUp);
    Stages.ask(loop, handler::departed, left -> giveUp(), failed -> giveUp());
  }

  /** Waits no longer. */
  void giveUp() {
    had = true;
    var then = waiting;
    waiting = null;
    if (limit != null) {
      limit.cancel();
      limit = null;
    }
    if (then != null) {
      then.over(true);
    }
  }
}
