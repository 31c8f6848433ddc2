package io.headrace.kcl;

/** The checkpoint store can't be used now. Names the store, shard and function. */
public class CheckpointException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public CheckpointException(String message, Throwable cause) {
    super(message, cause);
  }

  public CheckpointException(String message) {
    super(message);
  }
}
