package io.headrace.bench.rig;

import java.util.Arrays;
import java.util.Collection;

/** Figures of one kind, from several runs or many calls, and what is said about them. Immutable. */
public final class Samples {
  private final double[] sorted;

  private Samples(double[] sorted) {
    this.sorted = sorted;
  }

  public static Samples of(double... values) {
    for (double value : values) {
      if (!Double.isFinite(value)) {
        throw new IllegalArgumentException("a sample must be a number but is " + value);
      }
    }
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return new Samples(sorted);
  }

  public static Samples of(Collection<Double> values) {
    return of(values.stream().mapToDouble(Double::doubleValue).toArray());
  }

  public int count() {
    return sorted.length;
  }

  public double min() {
    return percentile(0);
  }

  public double max() {
    return percentile(100);
  }

  /** The middle one; of an even number the mean of the two in the middle. */
  public double median() {
    requireSome();
    int half = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  }

  /** The smallest sample that at least so many percent do not exceed: always one that was seen. */
  public double percentile(double percent) {
    requireSome();
    if (!(percent >= 0 && percent <= 100)) {
      throw new IllegalArgumentException("percent must be in 0..100 but is " + percent);
    }
    int rank = (int) Math.ceil(percent / 100 * sorted.length);
    return sorted[Math.max(rank, 1) - 1];
  }

  private void requireSome() {
    if (sorted.length == 0) {
      throw new IllegalStateException("there are no samples");
    }
  }
}
