package io.headrace.bench.rig;

import java.util.concurrent.CompletionException;

/** Something could not be measured, and the message says why in one sentence. */
public final class NotMeasured extends RuntimeException {
  /** Of a program that could not measure; it says why on its standard error. */
  public static final int EXIT_CODE = 3;

  private static final long serialVersionUID = 1;
  private static final int CHARS_MAX = 200;

  public NotMeasured(String message) {
    super(message);
  }

  public NotMeasured(String message, Throwable cause) {
    super(message, cause);
  }

  /** What went wrong, in one line of bounded length: clients tell their whole life. */
  public static String because(Throwable failure) {
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
