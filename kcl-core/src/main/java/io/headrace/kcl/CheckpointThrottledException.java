package io.headrace.kcl;

/** The checkpoint store refuses for now because too much is asked of it: slower is better. */
public class CheckpointThrottledException extends CheckpointException {
  private static final long serialVersionUID = 1;

  public CheckpointThrottledException(String message, Throwable cause) {
    super(message, cause);
  }

  public CheckpointThrottledException(String message) {
    super(message);
  }
}
