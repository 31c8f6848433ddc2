package io.headrace.bench;

/** Something could not be measured, and the message says why in one sentence. */
final class NotMeasured extends RuntimeException {
  private static final long serialVersionUID = 1;

  NotMeasured(String message) {
    super(message);
  }

  NotMeasured(String message, Throwable cause) {
    super(message, cause);
  }
}
