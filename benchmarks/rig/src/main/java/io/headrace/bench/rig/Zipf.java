package io.headrace.bench.rig;

import java.util.Arrays;
import java.util.random.RandomGenerator;

/**
 * Draws numbers from 0 upwards of which few are drawn often: the i-th as often as 1/i. Immutable;
 * any thread that has a source of randomness of its own.
 */
public final class Zipf {
  private final double[] upTo;

  /**
   * @param numbers how many there are, at least 1
   */
  public Zipf(int numbers) {
    if (numbers < 1) {
      throw new IllegalArgumentException("numbers " + numbers + ": must be at least 1");
    }
    upTo = new double[numbers];
    double sum = 0;
    for (int i = 0; i < numbers; i++) {
      sum += 1.0 / (i + 1);
      upTo[i] = sum;
    }
  }

  public int draw(RandomGenerator random) {
    int place = Arrays.binarySearch(upTo, random.nextDouble() * upTo[upTo.length - 1]);
    return Math.min(place < 0 ? -place - 1 : place, upTo.length - 1);
  }
}
