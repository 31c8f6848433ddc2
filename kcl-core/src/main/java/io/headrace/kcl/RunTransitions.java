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

/** The transitions of {@link HandlerRun}. */
final class RunTransitions {
  static final TransitionTable<RunPhase> TABLE = build();

  private RunTransitions() {}

  private static TransitionTable<RunPhase> build() {
    var table = new TransitionTable<>("run", SEALING);
    beginning(table);
    running(table);
    ending(table);
    draining(table);
    for (var phase : RunPhase.values()) {
      if (!phase.isFinal()) {
        table.on(phase, RunEvent.Abandoned.class, STOPPED);
        table.on(phase, RunEvent.Broke.class, FAILED);
      }
    }
    return table;
  }

  private static void beginning(TransitionTable<RunPhase> table) {
    table.on(SEALING, RunEvent.Begun.class, SEALING);
    for (var phase : new RunPhase[] {SEALING, WAITING_FOR_PARENTS}) {
      table
          .on(phase, RunEvent.Sealed.class, RESTORING)
          .on(phase, RunEvent.ParentsMissing.class, WAITING_FOR_PARENTS)
          .on(phase, RunEvent.FoundEnded.class, ENDED)
          .on(phase, RunEvent.FencedOut.class, FENCED)
          .on(phase, RunEvent.SealFailed.class, phase)
          .on(phase, RunEvent.RetryDue.class, phase)
          .on(phase, RunEvent.DrainAsked.class, STOPPED);
    }
    table
        .on(RESTORING, RunEvent.Restored.class, RUNNING)
        .on(RESTORING, RunEvent.RestoreFailed.class, RESTORING)
        .on(RESTORING, RunEvent.RetryDue.class, RESTORING)
        .on(RESTORING, RunEvent.DrainAsked.class, STOPPED);
  }

  private static void running(TransitionTable<RunPhase> table) {
    table
        .on(RUNNING, RunEvent.Read.class, RUNNING)
        .on(RUNNING, RunEvent.LeftBehind.class, RUNNING)
        .on(RUNNING, RunEvent.Settled.class, RUNNING)
        .on(RUNNING, RunEvent.Resting.class, RUNNING)
        .on(RUNNING, RunEvent.Woken.class, RUNNING)
        .on(RUNNING, RunEvent.CommitDue.class, RUNNING)
        .on(RUNNING, RunEvent.Committed.class, RUNNING)
        .on(RUNNING, RunEvent.CommitFailed.class, RUNNING)
        .on(RUNNING, RunEvent.RetryDue.class, RUNNING)
        .on(RUNNING, RunEvent.FencedOut.class, FENCED)
        .on(RUNNING, RunEvent.EndRead.class, FINISHING, ENDING)
        .on(RUNNING, RunEvent.DrainAsked.class, DRAINING, COMMITTING_LAST);
  }

  private static void ending(TransitionTable<RunPhase> table) {
    table
        .on(FINISHING, RunEvent.Settled.class, FINISHING, ENDING)
        .on(FINISHING, RunEvent.Resting.class, FINISHING)
        .on(FINISHING, RunEvent.Woken.class, FINISHING)
        .on(FINISHING, RunEvent.CommitDue.class, FINISHING)
        .on(FINISHING, RunEvent.Committed.class, FINISHING, ENDING)
        .on(FINISHING, RunEvent.CommitFailed.class, FINISHING, ENDING)
        .on(FINISHING, RunEvent.RetryDue.class, FINISHING)
        .on(FINISHING, RunEvent.FencedOut.class, FENCED)
        .on(FINISHING, RunEvent.DrainAsked.class, DRAINING, COMMITTING_LAST)
        .on(ENDING, RunEvent.EndStored.class, ENDED)
        .on(ENDING, RunEvent.EndFailed.class, ENDING)
        .on(ENDING, RunEvent.RetryDue.class, ENDING)
        .on(ENDING, RunEvent.FencedOut.class, FENCED)
        .on(ENDING, RunEvent.DrainAsked.class, ENDING)
        .on(ENDING, RunEvent.DeadlinePassed.class, ENDING);
  }

  private static void draining(TransitionTable<RunPhase> table) {
    table
        .on(DRAINING, RunEvent.Settled.class, DRAINING, COMMITTING_LAST)
        .on(DRAINING, RunEvent.Returned.class, DRAINING, COMMITTING_LAST)
        .on(DRAINING, RunEvent.CommitDue.class, DRAINING)
        .on(DRAINING, RunEvent.Committed.class, DRAINING, COMMITTING_LAST)
        .on(DRAINING, RunEvent.CommitFailed.class, DRAINING, COMMITTING_LAST)
        .on(DRAINING, RunEvent.RetryDue.class, DRAINING)
        .on(DRAINING, RunEvent.FencedOut.class, FENCED)
        .on(DRAINING, RunEvent.DeadlinePassed.class, DRAINING, COMMITTING_LAST)
        .on(COMMITTING_LAST, RunEvent.NothingToCommit.class, STOPPED)
        .on(COMMITTING_LAST, RunEvent.Committed.class, STOPPED)
        .on(COMMITTING_LAST, RunEvent.CommitFailed.class, COMMITTING_LAST)
        .on(COMMITTING_LAST, RunEvent.RetryDue.class, COMMITTING_LAST)
        .on(COMMITTING_LAST, RunEvent.FencedOut.class, FENCED)
        .on(COMMITTING_LAST, RunEvent.DeadlinePassed.class, COMMITTING_LAST);
  }
}
