package io.headrace.function;

import org.jspecify.annotations.Nullable;

/**
 * Thrown by a function for a record that no retry can mend. Never retried: straight to the dead
 * letters under {@code code}.
 */
public class TerminalFailure extends RuntimeException {
  private static final long serialVersionUID = 1;

  private static final int CODE_CHARACTERS_MAX = 64;

  private final String code;

  /**
   * @param code a short constant that groups letters, by its first 64 characters
   */
  public TerminalFailure(String code, String message) {
    this(code, message, null);
  }

  /**
   * @param code a short constant that groups letters, by its first 64 characters
   */
  public TerminalFailure(String code, String message, @Nullable Throwable cause) {
    super(message, cause);
    // Who throws this wants the record out of the way, and not another exception.
    var given = code == null || code.isEmpty() ? "TerminalFailure" : code;
    this.code = given.substring(0, Math.min(given.length(), CODE_CHARACTERS_MAX));
  }

  public final String code() {
    return code;
  }
}
