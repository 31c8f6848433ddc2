package io.headrace.kcl;

import io.headrace.kcl.loop.EventLoop;
import io.headrace.kcl.loop.Stages;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The wait of one run, before its last commit, for what its handler began by itself and the engine
 * knows nothing of. It is had once, and ends with the run's deadline. On the worker loop only.
 */
final class LastCalls {
  private static final Duration WAIT_MAX = Duration.ofSeconds(10);

  private final EventLoop loop;
  private @Nullable Runnable waiting;
  private EventLoop.@Nullable Scheduled limit;
  private boolean over;

  LastCalls(EventLoop loop) {
    this.loop = loop;
  }

  /**
   * @param then run once, when the handler is quiet or is waited for no longer
   */
  void await(ShardHandler handler, Runnable then) {
    if (over) {
      then.run();
      return;
    }
    waiting = then;
    limit = loop.schedule(WAIT_MAX, this::giveUp);
    Stages.ask(loop, handler::quiet, quiet -> giveUp(), failed -> giveUp());
  }

  /** Waits no longer. */
  void giveUp() {
    over = true;
    var then = waiting;
    waiting = null;
    if (limit != null) {
      limit.cancel();
      limit = null;
    }
    if (then != null) {
      then.run();
    }
  }
}
