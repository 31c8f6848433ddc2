package io.headrace.kcl;

import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * For how long a run has had something to do and shown no sign of life, by looks now and then. Used
 * on the worker loop.
 */
final class Silence {
  private long signs;
  private long signsSeen;
  private boolean progressed;
  private boolean counting;
  private long since;

  /** Something came of what the run does, good or bad. */
  void sign() {
    signs++;
  }

  /** A record was settled. */
  void progress() {
    signs++;
    progressed = true;
  }

  /** Whether a record was settled since this was last asked. */
  boolean hasProgressed() {
    boolean has = progressed;
    progressed = false;
    return has;
  }

  /** As of the last look. */
  Duration lasted(long ticks) {
    return counting && signs == signsSeen ? Duration.ofNanos(ticks - since) : Duration.ZERO;
  }

  /** Looks, and says so if it has lasted for too long. */
  Optional<Stall> stall(
      String function, HandlerRun run, @Nullable ShardHandler handler, Now now, Duration patience) {
    // While the lease is in doubt nothing may begin: that is no fault of the function.
    look(now.ticks(), now.leaseHolds() && run.owes(now.ticks()));
    boolean delivers = run.phase() == RunPhase.RUNNING || run.phase() == RunPhase.FINISHING;
    var lasted = lasted(now.ticks());
    if (lasted.compareTo(patience) < 0) {
      return handler != null && delivers && now.leaseHolds()
          ? parkedStall(function, handler.parkedCallsOverdue(), patience)
          : Optional.empty();
    }
    if (handler == null || !delivers || run.inFlight() == 0) {
      var why = "no answer while it is " + run.phase();
      return Optional.of(new Stall(function, lasted, why, false));
    }
    return Optional.of(
        switch (handler.standing(patience)) {
          case IN_CALL -> new Stall(function, lasted, "in a call within its time-out", true);
          case RETRYING -> new Stall(function, lasted, "its calls fail and are retried", true);
          case OVERDUE -> new Stall(function, lasted, "a call does not come back", false);
          case SILENT -> new Stall(function, lasted, "its records are not answered", false);
        });
  }

  private static Optional<Stall> parkedStall(String function, Duration overdue, Duration patience) {
    return overdue.compareTo(patience) < 0
        ? Optional.empty()
        : Optional.of(
            new Stall(function, overdue, "a call of a parked record does not come back", false));
  }

  private void look(long ticks, boolean owes) {
    if (!owes || signs != signsSeen) {
      counting = false;
    }
    signsSeen = signs;
    if (owes && !counting) {
      counting = true;
      since = ticks;
    }
  }
}
