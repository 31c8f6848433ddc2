package io.headrace.function;

import io.headrace.kcl.ShardKey;
import io.headrace.kcl.loop.EventLoop;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Whether a function is called at all, the same for all shards of one worker. While a dependency is
 * down, or too many records fail, nothing begins but one call at a time, the probe. Owned by the
 * worker loop; {@link #outage} may be asked by any thread.
 *
 * <p>Handlers ask {@link #admits} before they begin a call, say so by {@link #begins}, and tell how
 * it came out: {@link #succeeded}, {@link #takes} or {@link #lost}.
 */
final class FunctionGate {
  /** Who calls the function in one shard. */
  interface Caller {
    /** Calls may begin again; on the worker loop. Begins them in a turn of its own. */
    void mayCall();
  }

  private enum Phase {
    OPEN,
    /** Until the timer fires. */
    PAUSED,
    /** The next call that begins is the probe. */
    PROBE_DUE,
    PROBING
  }

  private final String function;
  private final RetryPolicy policy;
  private final @Nullable FailureShare share;
  private final Set<Caller> callers = new LinkedHashSet<>();
  private Phase phase = Phase.OPEN;
  private @Nullable Call<?> probe;
  private @Nullable Caller prober;
  private EventLoop.@Nullable Scheduled timer;

  /** Probes that are due by now, with the call that began the pause. */
  private int rounds;

  /** Since when, in ticks; of no meaning while it was never paused. */
  private long openedAt;

  private boolean everPaused;
  private volatile boolean hasCallers;
  private volatile @Nullable FunctionOutage pause;

  FunctionGate(String function, RetryPolicy policy) {
    this.function = function;
    this.policy = policy;
    var patience = policy.patience();
    this.share =
        patience.ofLast() == 0 ? null : new FailureShare(patience.failuresMax(), patience.ofLast());
  }

  void join(Caller caller) {
    callers.add(caller);
    hasCallers = true;
  }

  /** The shard is run here no more; a probe of it says nothing. */
  void leave(Caller caller) {
    callers.remove(caller);
    hasCallers = !callers.isEmpty();
    if (prober == caller) {
      offerProbe();
    }
  }

  /** Whether a call may begin now. */
  boolean admits() {
    return phase == Phase.OPEN || phase == Phase.PROBE_DUE;
  }

  boolean isOpen() {
    return phase == Phase.OPEN;
  }

  /** What holds the function up; empty when it is called as usual, or runs in no shard here. */
  Optional<FunctionOutage> outage() {
    return hasCallers ? Optional.ofNullable(pause) : Optional.empty();
  }

  /**
   * A call begins, which was admitted.
   *
   * @param call tells it from others, by identity
   */
  void begins(Caller caller, Call<?> call) {
    if (phase == Phase.PROBE_DUE) {
      phase = Phase.PROBING;
      probe = call;
      prober = caller;
    }
  }

  /** The call came to nothing, without a word of the function. */
  void lost(Call<?> call) {
    if (probe == call) {
      offerProbe();
    }
  }

  /**
   * @param records how many of them the call has done for the first time
   */
  void succeeded(Scope scope, Call<?> call, int records) {
    if (probe == call) {
      probed(scope, call);
    } else if (share != null && phase == Phase.OPEN) {
      for (int i = 0; i < records; i++) {
        boolean unused = share.add(false);
      }
      if (share.isFull()) {
        rounds = 0;
      }
    }
  }

  /**
   * Whether the failure of a call is for the gate to deal with: the record is then to be called
   * again when the gate admits it, as if it had not been called.
   *
   * @param begunAt when the call was made, in ticks
   * @param first the only record's first attempt: one more that failed
   */
  boolean takes(Scope scope, Call<?> call, long begunAt, boolean first, Failure failure) {
    var outage = failure.terminal() ? null : policy.patience().outage(failure.cause());
    if (outage != null) {
      unavailable(scope, call, begunAt, outage, failure);
      return true;
    }
    boolean byShare = phase != Phase.OPEN && isByShare();
    if (probe == call && byShare) {
      // The record's own failure all the same: else a bad one that is left alone would probe and
      // hold the function up for ever.
      pause(scope, Optional.empty(), Duration.ZERO, failure);
      return false;
    }
    if (probe == call) {
      probed(scope, call); // Whatever it was, the dependency has answered.
    } else if (byShare) {
      return true; // Was under way when the pause began.
    }
    if (share != null && phase == Phase.OPEN && first && share.add(true)) {
      pause(scope, Optional.empty(), Duration.ZERO, failure);
      return true;
    }
    return false;
  }

  /** A record that never reached the function has probed nothing: the next one does. */
  private void probed(Scope scope, Call<?> call) {
    if (call.hasEntered()) {
      open(scope);
    } else {
      offerProbe();
    }
  }

  private boolean isByShare() {
    var now = pause;
    return now != null && now.dependency().isEmpty();
  }

  private void unavailable(
      Scope scope, Call<?> call, long begunAt, Patience.Outage outage, Failure failure) {
    if (phase == Phase.OPEN) {
      if (everPaused && begunAt - openedAt < 0) {
        return; // Tells of the outage that is over.
      }
      rounds = 0;
    } else if (probe != call) {
      // Was under way when the pause began, and may know better how long it lasts.
      postpone(scope, outage.retryAfter());
      return;
    }
    pause(scope, Optional.of(outage.dependency()), outage.retryAfter(), failure);
  }

  private void pause(Scope scope, Optional<String> dependency, Duration atLeast, Failure failure) {
    var before = pause;
    phase = Phase.PAUSED;
    probe = null;
    prober = null;
    everPaused = true;
    rounds++;
    var backOff = policy.waitAfter(rounds, scope.random());
    var wait = backOff.compareTo(atLeast) < 0 ? atLeast : backOff;
    var now = scope.loop().now();
    var told =
        new FunctionOutage(
            function,
            dependency,
            failure.error(),
            before == null ? now : before.since(),
            before == null ? 0 : before.probes() + 1,
            now.plus(wait));
    pause = told;
    scope.tell(
        new FunctionEvent.Outage(
            function, scope.context.key(), dependency, told.error(), told.probes(), wait));
    probeIn(scope.loop(), wait);
  }

  private void postpone(Scope scope, Duration atLeast) {
    var now = pause;
    var wanted = scope.loop().now().plus(atLeast);
    if (phase != Phase.PAUSED || now == null || !wanted.isAfter(now.nextProbe())) {
      return;
    }
    pause =
        new FunctionOutage(
            function, now.dependency(), now.error(), now.since(), now.probes(), wanted);
    probeIn(scope.loop(), atLeast);
  }

  /** Not by the scope: its shard may leave while others wait. */
  private void probeIn(EventLoop loop, Duration wait) {
    if (timer != null) {
      timer.cancel();
    }
    timer =
        loop.schedule(
            wait,
            () -> {
              if (phase == Phase.PAUSED) {
                offerProbe();
              }
            });
  }

  private void offerProbe() {
    phase = Phase.PROBE_DUE;
    probe = null;
    prober = null;
    List.copyOf(callers).forEach(Caller::mayCall);
  }

  private void open(Scope scope) {
    var over = pause;
    phase = Phase.OPEN;
    probe = null;
    prober = null;
    pause = null;
    openedAt = scope.loop().ticks();
    if (share != null) {
      share.clear();
    }
    if (over != null) {
      ShardKey shard = scope.context.key();
      Instant now = scope.loop().now();
      scope.tell(
          new FunctionEvent.OutageOver(
              function, shard, over.dependency(), Duration.between(over.since(), now)));
    }
    List.copyOf(callers).forEach(Caller::mayCall);
  }
}
