package io.headrace.kcl;

/** The lease table can't be used. The message is one sentence that names it and says what to do. */
public class LeaseException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public LeaseException(String message, Throwable cause) {
    super(message, cause);
  }

  public LeaseException(String message) {
    super(message);
  }
}
