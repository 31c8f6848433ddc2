package io.headrace.samples;

import java.math.BigInteger;
import java.time.Duration;

/**
 * When the entries of a bounded input are due, so that they spread evenly over a time and never
 * come faster than the stream takes them. A function of the time that has passed: whoever plays the
 * entries asks again and again how many should be out by now.
 *
 * @param entries how many there are
 * @param over the time wished for
 * @param perSecondMax bounds the rate; a time too short for it plays the input in part
 */
public record Replay(long entries, Duration over, long perSecondMax) {
  public Replay {
    if (entries < 0) {
      throw new IllegalArgumentException("entries " + entries + ": must not be negative");
    }
    if (over.isNegative() || over.isZero()) {
      throw new IllegalArgumentException("over " + over + ": must be longer than 0");
    }
    if (perSecondMax < 1) {
      throw new IllegalArgumentException("perSecondMax " + perSecondMax + ": must be at least 1");
    }
  }

  /** How many entries should have been put so long after the start; never falls. */
  public long due(Duration elapsed) {
    if (elapsed.isNegative() || elapsed.isZero()) {
      return 0;
    }
    long even = scaled(entries, elapsed, over);
    long most = scaled(perSecondMax, elapsed, Duration.ofSeconds(1));
    return Math.min(entries, Math.min(even, most));
  }

  /** How many entries are out when the time is over. */
  public long whole() {
    return due(over);
  }

  private static long scaled(long count, Duration part, Duration whole) {
    return BigInteger.valueOf(count)
        .multiply(nanos(part))
        .divide(nanos(whole))
        .min(BigInteger.valueOf(Long.MAX_VALUE))
        .longValueExact();
  }

  /** Wide, because ten minutes times a million entries are too many nanoseconds for a long. */
  private static BigInteger nanos(Duration duration) {
    return BigInteger.valueOf(duration.getSeconds())
        .multiply(BigInteger.valueOf(1_000_000_000))
        .add(BigInteger.valueOf(duration.getNano()));
  }
}
