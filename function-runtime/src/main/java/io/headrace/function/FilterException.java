package io.headrace.function;

/**
 * A pattern of {@link Input#filteredBy} that is none; the message names the place and the fault.
 */
public final class FilterException extends IllegalArgumentException {
  private static final long serialVersionUID = 1;

  private final int pattern;
  private final int line;
  private final int column;
  private final String reason;

  /**
   * @param pattern its index among those that were given, from 0
   * @param line within the pattern, from 1; 0 where the fault has no place of its own
   * @param column within the line, from 1; 0 where the fault has no place of its own
   * @param reason what is wrong and what would be right
   */
  public FilterException(int pattern, int line, int column, String reason) {
    super(
        "filter pattern "
            + (pattern + 1)
            + (line > 0 ? ", line " + line + ", column " + column : "")
            + ": "
            + reason);
    this.pattern = pattern;
    this.line = line;
    this.column = column;
    this.reason = reason;
  }

  /** The pattern's index among those that were given, from 0. */
  public int pattern() {
    return pattern;
  }

  /** The line within the pattern, from 1; 0 where the fault has no place of its own. */
  public int line() {
    return line;
  }

  /** The column within the line, from 1; 0 where the fault has no place of its own. */
  public int column() {
    return column;
  }

  /** What is wrong and what would be right, without the place. */
  public String reason() {
    return reason;
  }
}
