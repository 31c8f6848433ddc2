package io.headrace.kcl;

import java.time.Duration;
import java.util.List;

/** What a {@link HandlerRun} wants done. */
sealed interface RunAction {
  record Seal(long attempt) implements RunAction {}

  /** Open a handler, in place of one that failed to restore. */
  record Restore(long attempt, Resumption.Ready ready) implements RunAction {}

  /** Hand over those that were not finished before. */
  record Deliver(List<HeldRecord> records) implements RunAction {}

  record Commit(long attempt) implements RunAction {}

  /** Commit, if there is anything to commit. */
  record CommitLast(long attempt) implements RunAction {}

  record End(long attempt, List<Shard> children) implements RunAction {}

  /** Something failed: try again later, and tell the operator. */
  record RetryIn(long attempt, Duration delay, String what, Throwable cause) implements RunAction {}

  /** Ask again later: nothing failed. */
  record LookAgainIn(long attempt, Duration delay) implements RunAction {}

  /** Begin nothing more and give back what does not run. */
  record DrainHandler() implements RunAction {}

  record Release(List<HeldRecord> records) implements RunAction {}

  record AbandonHandler() implements RunAction {}

  record CloseHandler() implements RunAction {}
}
