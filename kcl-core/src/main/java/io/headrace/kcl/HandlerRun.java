package io.headrace.kcl;

import static io.headrace.kcl.RunPhase.COMMITTING_LAST;
import static io.headrace.kcl.RunPhase.DRAINING;
import static io.headrace.kcl.RunPhase.ENDED;
import static io.headrace.kcl.RunPhase.ENDING;
import static io.headrace.kcl.RunPhase.FAILED;
import static io.headrace.kcl.RunPhase.FENCED;
import static io.headrace.kcl.RunPhase.FINISHING;
import static io.headrace.kcl.RunPhase.RESTORING;
import static io.headrace.kcl.RunPhase.RUNNING;
import static io.headrace.kcl.RunPhase.SEALING;
import static io.headrace.kcl.RunPhase.STOPPED;
import static io.headrace.kcl.RunPhase.WAITING_FOR_PARENTS;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One function in one shard, from the seal to the last commit: decides what is handed over, when to
 * commit and how to leave. Pure: called by {@link FunctionRunning}, which does what it decides.
 *
 * <p>Two invariants are kept here whatever happens: positions are handed over in rising order, and
 * a commit never covers a record that is not settled.
 */
final class HandlerRun {
  private static final BackOff RETRIES = new BackOff(Duration.ofMillis(100), Duration.ofSeconds(5));
  private static final Duration PARENTS_POLL = Duration.ofMillis(500);
  private static final long LEASE_LOOK_NANOS = Duration.ofMillis(100).toNanos();

  private enum Commit {
    NONE,
    UNDER_WAY,
    WAITING_TO_RETRY
  }

  private final String place;
  private final int inFlightMax;
  private final Batcher batcher;
  private final List<RunAction> actions = new ArrayList<>();

  private final PositionWindow<HeldRecord> inFlight = new PositionWindow<>();

  /** Of those in flight, the ones that wait for the operator. */
  private final Set<Position> resting = new HashSet<>();

  private RunPhase phase = SEALING;
  private long attempt;
  private int failures;
  private Commit commit = Commit.NONE;
  private Resumption.@Nullable Ready ready;
  private @Nullable Position takenThrough;
  private @Nullable Position handedThrough;
  private @Nullable Position committedThrough;
  private @Nullable Instant since;
  private List<Shard> children = List.of();
  private @Nullable LeaseToken fencedBy;
  private boolean leaseDoubtful;
  private long lookAgainAt;

  /**
   * Makes a run.
   *
   * @param place shard, epoch and function, for errors
   */
  HandlerRun(String place, BatchLimits limits, int inFlightMax) {
    this.place = place;
    this.inFlightMax = inFlightMax;
    batcher = new Batcher(limits, inFlightMax);
  }

  RunPhase phase() {
    return phase;
  }

  int buffered() {
    return batcher.size();
  }

  int inFlight() {
    return inFlight.size();
  }

  int resting() {
    return resting.size();
  }

  /** The first record that was taken and is not settled; null when there is none. */
  @Nullable HeldRecord oldest() {
    var first = inFlight.first();
    return first != null ? first : batcher.first();
  }

  @Nullable Position committedThrough() {
    return committedThrough;
  }

  /** The children, once they are known. */
  List<Shard> children() {
    return children;
  }

  /** Who fenced the run out, once it is. */
  @Nullable LeaseToken fencedBy() {
    return fencedBy;
  }

  boolean hungry() {
    return phase == RUNNING && batcher.hungry();
  }

  /** Whether a commit may begin. */
  boolean canCommit() {
    return commit == Commit.NONE && (phase == RUNNING || phase == FINISHING || phase == DRAINING);
  }

  /** No more records come for now: those that wait for others go without them when it is woken. */
  void hurry() {
    batcher.hurry();
  }

  /** Where the run has to read on: behind what it took, or where it was to begin. */
  StartingPosition readFrom() {
    if (takenThrough != null) {
      return StartingPosition.after(takenThrough);
    }
    if (ready == null) {
      throw new IllegalStateException("run of " + place + " has not sealed in " + phase);
    }
    return ready.from();
  }

  /** When to be woken if nothing happens; {@link Batcher#NEVER} for not at all. */
  long wakeAt(long ticks) {
    if (!delivers() || inFlight.size() >= inFlightMax) {
      return Batcher.NEVER;
    }
    long due = batcher.dueAt(ticks);
    return due != Batcher.NEVER && leaseDoubtful ? Math.max(due, lookAgainAt) : due;
  }

  /** Whether something is to be done here, or to be answered, that depends on nobody else. */
  boolean owes(long ticks) {
    return switch (phase) {
      case SEALING, RESTORING, ENDING, COMMITTING_LAST -> true;
      case RUNNING, FINISHING -> {
        long due = wakeAt(ticks);
        // What waits for the operator is nothing that the function owes.
        yield inFlight.size() > resting.size()
            || commit == Commit.UNDER_WAY
            || (due != Batcher.NEVER && due - ticks <= 0);
      }
      case WAITING_FOR_PARENTS, DRAINING, ENDED, STOPPED, FENCED, FAILED -> false;
    };
  }

  /**
   * Takes an event in.
   *
   * @return what is to be done, in order
   * @throws IllegalStateException when the event can't happen now, naming shard, phase and event
   */
  List<RunAction> step(RunEvent event, Now now) {
    if (event instanceof RunEvent.Answer answer && isStale(answer)) {
      return List.of();
    }
    var from = phase;
    phase = react(event, now);
    RunTransitions.TABLE.check(place, from, event, phase);
    var wanted = List.copyOf(actions);
    actions.clear();
    return wanted;
  }

  /**
   * Asserts that progress may be stored now.
   *
   * @throws IllegalStateException when it covers a record that is not settled, or goes back
   */
  void checkCommit(Progress progress) {
    var through = progress.through().orElse(null);
    var ranges = progress.ranges().iterator();
    Progress.Range range = null;
    for (var unsettled : inFlight.positions()) {
      if (through != null && unsettled.compareTo(through) <= 0) {
        throw new IllegalStateException(
            "commit of " + place + " through " + through + " passes unsettled " + unsettled);
      }
      // Both are in the order of the shard, so each range is passed once.
      while (ranges.hasNext() && (range == null || range.last().compareTo(unsettled) < 0)) {
        range = ranges.next();
      }
      if (range != null
          && range.first().compareTo(unsettled) <= 0
          && range.last().compareTo(unsettled) >= 0) {
        throw new IllegalStateException(
            "commit of " + place + " with range " + range + " covers unsettled " + unsettled);
      }
    }
    var before = committedThrough;
    if (before != null && (through == null || through.compareTo(before) < 0)) {
      throw new IllegalStateException(
          "commit of " + place + " goes back from " + before + " to " + through);
    }
  }

  /**
   * A record is settled, and so is not in flight any more; {@link RunEvent.Settled} is to follow,
   * for all that were settled meanwhile.
   *
   * @throws IllegalStateException when it was not handed over, or was settled before
   */
  HeldRecord settle(Position position) {
    var held = inFlight.remove(position);
    if (held == null) {
      throw new IllegalStateException(
          "run of " + place + ": " + position + " is settled and is not in flight");
    }
    if (!resting.isEmpty()) { // Mostly it is, and then no position need be hashed.
      resting.remove(position);
    }
    return held;
  }

  private boolean isStale(RunEvent.Answer answer) {
    if (answer.attempt() > attempt) {
      throw new IllegalStateException(
          "run of " + place + ": attempt " + answer.attempt() + " has not begun: " + answer);
    }
    return answer.attempt() < attempt || phase.isFinal();
  }

  private RunPhase react(RunEvent event, Now now) {
    if (event instanceof RunEvent.Abandoned) {
      return discard(STOPPED);
    }
    if (event instanceof RunEvent.Broke) {
      return discard(FAILED);
    }
    if (event instanceof RunEvent.FencedOut fenced) {
      fencedBy = fenced.by();
      return discard(FENCED);
    }
    return switch (phase) {
      case SEALING, WAITING_FOR_PARENTS -> reactSealing(event);
      case RESTORING -> reactRestoring(event);
      case RUNNING, FINISHING, DRAINING -> reactRunning(event, now);
      case ENDING -> reactEnding(event);
      case COMMITTING_LAST -> reactCommittingLast(event);
      case ENDED, STOPPED, FENCED, FAILED -> phase;
    };
  }

  private RunPhase reactSealing(RunEvent event) {
    if (event instanceof RunEvent.Begun || event instanceof RunEvent.RetryDue) {
      actions.add(new RunAction.Seal(++attempt));
    } else if (event instanceof RunEvent.Sealed sealed) {
      ready = sealed.ready();
      resumeAt(sealed.ready().from());
      failures = 0;
      actions.add(new RunAction.Restore(++attempt, sealed.ready()));
      return RESTORING;
    } else if (event instanceof RunEvent.ParentsMissing) {
      failures = 0;
      actions.add(new RunAction.LookAgainIn(++attempt, PARENTS_POLL));
      return WAITING_FOR_PARENTS;
    } else if (event instanceof RunEvent.FoundEnded found) {
      children = found.children();
      return ENDED;
    } else if (event instanceof RunEvent.SealFailed failed) {
      retry("seal", failed.cause());
    } else if (event instanceof RunEvent.DrainAsked) {
      return STOPPED;
    }
    return phase;
  }

  private void resumeAt(StartingPosition from) {
    if (from instanceof StartingPosition.After after) {
      takenThrough = after.position();
      committedThrough = committedThrough == null ? after.position() : committedThrough;
    } else if (from instanceof StartingPosition.AtTimestamp at) {
      since = at.time();
    }
  }

  private RunPhase reactRestoring(RunEvent event) {
    if (event instanceof RunEvent.Restored) {
      failures = 0;
      return RUNNING;
    }
    if (event instanceof RunEvent.RestoreFailed failed) {
      retry("restore", failed.cause());
    } else if (event instanceof RunEvent.RetryDue && ready != null) {
      actions.add(new RunAction.Restore(++attempt, ready));
    } else if (event instanceof RunEvent.DrainAsked) {
      return discard(STOPPED);
    }
    return RESTORING;
  }

  private RunPhase reactRunning(RunEvent event, Now now) {
    if (event instanceof RunEvent.Read read) {
      take(read.records(), now);
      deliver(now);
    } else if (event instanceof RunEvent.Woken) {
      deliver(now);
    } else if (event instanceof RunEvent.EndRead end) {
      children = end.children();
      batcher.flush();
      phase = FINISHING;
      deliver(now);
    } else if (event instanceof RunEvent.Settled settled) {
      // Room is used when the run is woken, so that a batch that is answered at once makes room
      // for a whole one.
      release(settled.records());
    } else if (event instanceof RunEvent.Resting waiting) {
      rest(waiting.position());
    } else if (event instanceof RunEvent.LeftBehind) {
      rewind();
    } else if (event instanceof RunEvent.DrainAsked) {
      phase = DRAINING;
      release(batcher.clear());
      actions.add(new RunAction.DrainHandler());
    } else if (event instanceof RunEvent.Returned returned) {
      // Their progress stays open: the last commit does not cover them.
      release(returned.records());
    } else if (event instanceof RunEvent.DeadlinePassed) {
      leaveUnsettled();
    } else {
      reactToCommit(event);
    }
    return goOn();
  }

  /** What is still under way is interrupted, and delivered again elsewhere. */
  private void leaveUnsettled() {
    actions.add(new RunAction.AbandonHandler());
    release(inFlight.values());
    inFlight.clear();
    resting.clear();
  }

  private void rest(Position position) {
    if (!inFlight.contains(position)) {
      throw new IllegalStateException(
          "run of " + place + ": " + position + " rests and is not in flight");
    }
    resting.add(position);
  }

  /** Forgets what was taken and not handed over. */
  private void rewind() {
    release(batcher.clear());
    takenThrough = handedThrough;
    if (handedThrough == null && ready != null) {
      resumeAt(ready.from());
    }
  }

  private void reactToCommit(RunEvent event) {
    if (event instanceof RunEvent.CommitDue || event instanceof RunEvent.RetryDue) {
      commit = Commit.UNDER_WAY;
      actions.add(new RunAction.Commit(++attempt));
    } else if (event instanceof RunEvent.Committed committed) {
      commit = Commit.NONE;
      failures = 0;
      committedThrough = committed.progress().through().orElse(committedThrough);
    } else if (event instanceof RunEvent.CommitFailed failed) {
      commit = Commit.WAITING_TO_RETRY;
      retry("commit", failed.cause());
    }
  }

  /** The next phase, when nothing is left to wait for in this one. */
  private RunPhase goOn() {
    if (phase == DRAINING && !resting.isEmpty() && inFlight.size() == resting.size()) {
      leaveUnsettled();
    }
    if (!inFlight.isEmpty() || commit == Commit.UNDER_WAY) {
      return phase;
    }
    if (phase == FINISHING && batcher.size() == 0) {
      // What the handler began by itself would go on here while the children begin the same.
      actions.add(new RunAction.DrainHandler());
      actions.add(new RunAction.End(++attempt, children));
      return ENDING;
    }
    if (phase == DRAINING) {
      actions.add(new RunAction.CommitLast(++attempt));
      return COMMITTING_LAST;
    }
    return phase;
  }

  private boolean delivers() {
    return phase == RUNNING || phase == FINISHING;
  }

  private void take(List<HeldRecord> records, Now now) {
    var unwanted = new ArrayList<HeldRecord>();
    boolean mayBeKnown = takenThrough != null;
    for (var held : records) {
      boolean known = mayBeKnown && isTaken(held.position());
      if (known || (since != null && held.record().arrivedAt().isBefore(since))) {
        unwanted.add(held);
      } else {
        since = null;
        mayBeKnown = false; // They rise: none behind it was taken either.
        takenThrough = held.position();
        batcher.add(held, now.ticks());
      }
    }
    release(unwanted);
  }

  private boolean isTaken(Position position) {
    return takenThrough != null && position.compareTo(takenThrough) <= 0;
  }

  private void deliver(Now now) {
    leaseDoubtful = !now.leaseHolds();
    if (leaseDoubtful) {
      lookAgainAt = now.ticks() + LEASE_LOOK_NANOS;
      return;
    }
    while (true) {
      var batch = batcher.next(now.ticks(), inFlightMax - inFlight.size());
      if (batch.isEmpty()) {
        return;
      }
      for (var held : batch) {
        if (handedThrough != null && held.position().compareTo(handedThrough) <= 0) {
          throw new IllegalStateException(
              "run of " + place + ": " + held.position() + " would follow " + handedThrough);
        }
        handedThrough = held.position();
        inFlight.add(held.position(), held);
      }
      actions.add(new RunAction.Deliver(batch));
    }
  }

  private RunPhase reactEnding(RunEvent event) {
    if (event instanceof RunEvent.EndStored) {
      actions.add(new RunAction.CloseHandler());
      return ENDED;
    }
    if (event instanceof RunEvent.EndFailed failed) {
      retry("end", failed.cause());
    } else if (event instanceof RunEvent.RetryDue) {
      actions.add(new RunAction.End(++attempt, children));
    }
    return ENDING;
  }

  private RunPhase reactCommittingLast(RunEvent event) {
    if (event instanceof RunEvent.Committed committed) {
      committedThrough = committed.progress().through().orElse(committedThrough);
    }
    if (event instanceof RunEvent.Committed || event instanceof RunEvent.NothingToCommit) {
      actions.add(new RunAction.CloseHandler());
      return STOPPED;
    }
    if (event instanceof RunEvent.CommitFailed failed) {
      retry("last commit", failed.cause());
    } else if (event instanceof RunEvent.RetryDue) {
      actions.add(new RunAction.CommitLast(++attempt));
    }
    return COMMITTING_LAST;
  }

  private void retry(String what, Throwable cause) {
    failures++;
    actions.add(new RunAction.RetryIn(++attempt, RETRIES.after(failures), what, cause));
  }

  private RunPhase discard(RunPhase end) {
    release(batcher.clear());
    release(inFlight.values());
    inFlight.clear();
    actions.add(new RunAction.AbandonHandler());
    actions.add(new RunAction.CloseHandler());
    return end;
  }

  private void release(List<HeldRecord> records) {
    if (!records.isEmpty()) {
      actions.add(new RunAction.Release(records));
    }
  }
}
