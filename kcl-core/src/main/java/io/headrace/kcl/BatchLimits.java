package io.headrace.kcl;

import java.time.Duration;

/**
 * When records are handed on: at so many records, or so long after the first of them.
 *
 * @param recordsMax 1 to 10,000
 * @param waitMax zero hands on whatever is there
 */
public record BatchLimits(int recordsMax, Duration waitMax) {
  public static final BatchLimits DEFAULT = new BatchLimits(500, Duration.ZERO);

  public BatchLimits {
    if (recordsMax < 1 || recordsMax > 10_000) {
      throw new IllegalArgumentException(
          "recordsMax " + recordsMax + ": must be between 1 and 10000");
    }
    if (waitMax.isNegative() || waitMax.compareTo(Duration.ofMinutes(5)) > 0) {
      throw new IllegalArgumentException("waitMax " + waitMax + ": must be between 0 and 300 s");
    }
  }
}
