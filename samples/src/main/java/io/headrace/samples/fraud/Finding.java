package io.headrace.samples.fraud;

/**
 * One value that a rule held against its limit. Whole numbers, so that an alarm that comes again is
 * equal to the last bit.
 *
 * @param what is measured, and in which unit
 * @param bound how the value stands to the limit
 */
public record Finding(String what, long value, Bound bound, long limit) {
  /** On which side of its limit a value is suspicious. */
  public enum Bound {
    AT_LEAST,
    AT_MOST,
    BELOW
  }

  /** Whether the value is on that side: true for each finding of an alarm. */
  public boolean holds() {
    return switch (bound) {
      case AT_LEAST -> value >= limit;
      case AT_MOST -> value <= limit;
      case BELOW -> value < limit;
    };
  }

  /** For a person. */
  @Override
  public String toString() {
    var words =
        switch (bound) {
          case AT_LEAST -> "at least";
          case AT_MOST -> "at most";
          case BELOW -> "below";
        };
    return what + " " + value + " (" + words + " " + limit + ")";
  }
}
