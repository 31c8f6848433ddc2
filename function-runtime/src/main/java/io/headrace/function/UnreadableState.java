package io.headrace.function;

import io.headrace.kcl.CheckpointException;

/** A state that this version's codec can't read: the shard stops, and nothing is overwritten. */
final class UnreadableState extends CheckpointException {
  private static final long serialVersionUID = 1;

  UnreadableState(String message, Throwable cause) {
    super(message, cause);
  }
}
