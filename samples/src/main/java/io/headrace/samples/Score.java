package io.headrace.samples;

import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;

/**
 * How well alarms meet the truth.
 *
 * @param right alarms that were right
 * @param wrong alarms that were not
 * @param found things to be found that were
 * @param missed things to be found that were not
 */
public record Score(long right, long wrong, long found, long missed) {
  public static final Score NONE = new Score(0, 0, 0, 0);

  public Score {
    if (right < 0 || wrong < 0 || found < 0 || missed < 0) {
      throw new IllegalArgumentException(
          "score of " + right + ", " + wrong + ", " + found + ", " + missed + ": none may be < 0");
    }
  }

  public Score plus(Score other) {
    return new Score(
        right + other.right, wrong + other.wrong, found + other.found, missed + other.missed);
  }

  /** The share of alarms that were right; empty when there was no alarm. */
  public OptionalDouble precision() {
    return share(right, wrong);
  }

  /** The share of what was to be found that was; empty when there was nothing to be found. */
  public OptionalDouble recall() {
    return share(found, missed);
  }

  /** As figures: a share that has no value is left out. */
  public Map<String, Object> figures() {
    var figures = new TreeMap<String, Object>();
    figures.put("right", right);
    figures.put("wrong", wrong);
    figures.put("found", found);
    figures.put("missed", missed);
    precision().ifPresent(value -> figures.put("precision", value));
    recall().ifPresent(value -> figures.put("recall", value));
    return figures;
  }

  /** As a line for a person. */
  @Override
  public String toString() {
    return "precision "
        + text(precision())
        + " ("
        + right
        + " of "
        + (right + wrong)
        + " alarms), recall "
        + text(recall())
        + " ("
        + found
        + " of "
        + (found + missed)
        + ")";
  }

  private static OptionalDouble share(long part, long rest) {
    return part + rest == 0
        ? OptionalDouble.empty()
        : OptionalDouble.of((double) part / (part + rest));
  }

  /** Cut, not rounded, so that 1.000 means all. */
  private static String text(OptionalDouble share) {
    return share.isEmpty()
        ? "-"
        : String.format(
            java.util.Locale.ROOT, "%.3f", Math.floor(share.getAsDouble() * 1000) / 1000);
  }
}
