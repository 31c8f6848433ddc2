package io.headrace.bench;

import java.util.concurrent.CompletionException;

/** Something could not be measured, and the message says why in one sentence. */
final class NotMeasured extends RuntimeException {
  private static final long serialVersionUID = 1;
  private static final int CHARS_MAX = 200;

  NotMeasured(String message) {
    super(message);
  }

  NotMeasured(String message, Throwable cause) {
    super(message, cause);
  }

  /** What went wrong, in one line of bounded length: clients tell their whole life. */
  static String because(Throwable failure) {
    Throwable cause = failure;
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    String text =
        cause instanceof NotMeasured
            ? String.valueOf(cause.getMessage())
            : cause.getClass().getSimpleName() + ": " + cause.getMessage();
    String line = text.lines().findFirst().orElse(text);
    return line.length() <= CHARS_MAX ? line : line.substring(0, CHARS_MAX) + " ...";
  }
}
