package io.headrace.kcl;

/** What one function is doing in one shard. */
public enum RunPhase {
  /** Fences out the former owner and learns where to go on. */
  SEALING,
  /** The function has not ended the parents of this shard. */
  WAITING_FOR_PARENTS,
  /** The handler brings its state back. */
  RESTORING,
  /** Records are handed over. */
  RUNNING,
  /** The shard is read to its end; what is left is handled. */
  FINISHING,
  /** All is handled, and the end of the shard is being stored. */
  ENDING,
  /** The shard goes elsewhere: nothing new is begun, what runs is finished. */
  DRAINING,
  /** Drained; what was done is being stored. */
  COMMITTING_LAST,
  /** The function has ended the shard. */
  ENDED,
  /** The function runs here no more. */
  STOPPED,
  /** Somebody newer owns the shard; what was not committed is forgotten. */
  FENCED,
  /** The function can't go on in this shard. */
  FAILED;

  boolean isFinal() {
    return this == ENDED || this == STOPPED || this == FENCED || this == FAILED;
  }
}
