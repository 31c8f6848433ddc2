package io.headrace.function;

import org.jspecify.annotations.Nullable;

/**
 * Thrown by a function for a record that no retry can mend. Never retried: straight to the dead
 * letters under {@code code}.
 */
public class TerminalFailure extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final String code;

  /**
   * @param code a short constant that groups letters
   */
  public TerminalFailure(String code, String message) {
    this(code, message, null);
  }

  /**
   * @param code a short constant that groups letters
   */
  public TerminalFailure(String code, String message, @Nullable Throwable cause) {
    super(message, cause);
    if (code.isEmpty() || code.length() > 64) {
      throw new IllegalArgumentException(
          "TerminalFailure code \"" + code + "\": must have 1 to 64 characters");
    }
    this.code = code;
  }

  public String code() {
    return code;
  }
}
