package io.headrace.harness;

/** An embedded server can't start or stop. The message is one sentence that says what to do. */
public class LocalServerException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public LocalServerException(String message, Throwable cause) {
    super(message, cause);
  }
}
