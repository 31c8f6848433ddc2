package io.headrace.kcl;

/** What a shard's reader is doing. */
public enum ReaderPhase {
  /** Not begun. */
  STARTING,
  /** No demand: a function has enough to do, or the byte budget is used up. */
  HOLDING,
  /** A fetch is under way. */
  FETCHING,
  /** A fetch failed and will be tried again. */
  BACKING_OFF,
  /** All was read, and the shard takes no more. */
  ENDED,
  /** Stopped before the end. */
  STOPPED,
  /** The stream can't be read here. */
  FAILED;

  boolean isFinal() {
    return this == ENDED || this == STOPPED || this == FAILED;
  }
}
