package io.headrace.kcl;

/** How a commit came out. */
public sealed interface CommitOutcome {
  /** Stored, now or by a former try whose answer was lost. */
  record Committed(Progress progress) implements CommitOutcome {}

  /**
   * Refused: the operator has moved the function to another place in the shard. Whatever was done
   * here since the last commit must be forgotten; a new seal answers where to go on.
   */
  record Moved() implements CommitOutcome {}

  /** Refused: the item is sealed with a newer token. Whatever was done here must be forgotten. */
  record Fenced(LeaseToken by) implements CommitOutcome {}
}
