package io.headrace.samples.fraud;

import java.time.Duration;
import java.util.List;
import java.util.random.RandomGenerator;

/** The distributions that the generator draws from. As thread-safe as its source, which is not. */
final class Chance {
  private final RandomGenerator random;

  Chance(RandomGenerator random) {
    this.random = random;
  }

  boolean happens(double probability) {
    return random.nextDouble() < probability;
  }

  double between(double least, double most) {
    return least + (most - least) * random.nextDouble();
  }

  /** A whole number, both bounds included. */
  int count(int least, int most) {
    return random.nextInt(least, most + 1);
  }

  <T> T pick(List<T> from) {
    return from.get(random.nextInt(from.size()));
  }

  /** Half of the values are below the median; sigma is the spread of the logarithm. */
  double logNormal(double median, double sigma) {
    return median * StrictMath.exp(sigma * random.nextGaussian());
  }

  double around(double middle, double deviation) {
    return middle + deviation * random.nextGaussian();
  }

  Duration minutes(double least, double most) {
    return seconds(60 * between(least, most));
  }

  /** Waiting time of events that come at random. */
  Duration exponential(Duration mean) {
    return seconds(-StrictMath.log(1 - random.nextDouble()) * mean.toSeconds());
  }

  private static Duration seconds(double seconds) {
    return Duration.ofSeconds(Math.max(1, Math.round(seconds)));
  }
}
