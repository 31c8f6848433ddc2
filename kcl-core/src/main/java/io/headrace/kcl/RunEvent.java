package io.headrace.kcl;

import java.util.List;
import java.util.Set;
import java.util.function.Function;

/** What happens to a {@link HandlerRun}. */
sealed interface RunEvent {
  record Begun() implements RunEvent {}

  /** Brings records of which the run has to let go, also when it is over by then. */
  sealed interface OfRecords extends RunEvent {
    List<HeldRecord> records();
  }

  /** Records in the shard's order; the run owns one share of each. */
  record Read(List<HeldRecord> records) implements OfRecords {}

  record EndRead(List<Shard> children) implements RunEvent {}

  /** These are finished, or were before, and are let go: what {@link HandlerRun#settle} brought. */
  record Settled(List<HeldRecord> records) implements OfRecords {}

  /** These were handed over, are let go, and are left to the next owner. */
  record Returned(List<HeldRecord> records) implements OfRecords {}

  /** A record that was handed over waits for the operator: no drain waits for it. */
  record Resting(Position position) implements RunEvent {}

  /** Time has passed, or there is room again. */
  record Woken() implements RunEvent {}

  /** The policy asks for a commit. */
  record CommitDue() implements RunEvent {}

  /** Nothing has changed since the last commit. */
  record NothingToCommit() implements RunEvent {}

  /** The reader goes on without this run: what was not handed over will be read again. */
  record LeftBehind() implements RunEvent {}

  record DrainAsked() implements RunEvent {}

  /** The drain has taken long enough. */
  record DeadlinePassed() implements RunEvent {}

  /** The lease is gone, or the worker dies. */
  record Abandoned() implements RunEvent {}

  /** The handler, or something here, can't go on. */
  record Broke(Throwable cause) implements RunEvent {}

  /** An answer to something asked before: old when another try has begun since. */
  sealed interface Answer extends RunEvent {
    long attempt();
  }

  record Sealed(long attempt, Resumption.Ready ready) implements Answer {}

  record ParentsMissing(long attempt, Set<ShardId> parents) implements Answer {}

  record FoundEnded(long attempt, List<Shard> children) implements Answer {}

  record SealFailed(long attempt, CheckpointException cause) implements Answer {}

  record Restored(long attempt) implements Answer {}

  record RestoreFailed(long attempt, CheckpointException cause) implements Answer {}

  record Committed(long attempt, Progress progress) implements Answer {}

  record CommitFailed(long attempt, CheckpointException cause) implements Answer {}

  record EndStored(long attempt) implements Answer {}

  record EndFailed(long attempt, CheckpointException cause) implements Answer {}

  /** A seal, a commit or an end was refused: {@code by} is newer. */
  record FencedOut(long attempt, LeaseToken by) implements Answer {}

  /**
   * What a refused commit or end means. Who was moved has nothing to commit any more, and the shard
   * opens another run.
   */
  static RunEvent refused(long attempt, CommitOutcome outcome) {
    return outcome instanceof CommitOutcome.Fenced fenced
        ? new FencedOut(attempt, fenced.by())
        : new Abandoned();
  }

  /** What an end brought. */
  static RunEvent ofEnd(long attempt, CommitOutcome outcome) {
    return outcome instanceof CommitOutcome.Committed
        ? new EndStored(attempt)
        : refused(attempt, outcome);
  }

  /** What the store can't do now it may do later; nothing else can be gone on from. */
  static RunEvent ofFailure(Throwable thrown, Function<CheckpointException, RunEvent> onFailure) {
    return thrown instanceof CheckpointException store ? onFailure.apply(store) : new Broke(thrown);
  }

  record RetryDue(long attempt) implements Answer {}

  /** What a seal brought. */
  static RunEvent ofSeal(long attempt, Resumption resumption) {
    if (resumption instanceof Resumption.Ready ready) {
      return new Sealed(attempt, ready);
    }
    if (resumption instanceof Resumption.WaitingForParents waiting) {
      return new ParentsMissing(attempt, waiting.parents());
    }
    if (resumption instanceof Resumption.Ended ended) {
      return new FoundEnded(attempt, ended.children());
    }
    return new FencedOut(attempt, ((Resumption.Fenced) resumption).by());
  }
}
