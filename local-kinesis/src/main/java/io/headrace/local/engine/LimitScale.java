package io.headrace.local.engine;

import org.jspecify.annotations.Nullable;

/**
 * How hard the service's limits press.
 *
 * @param factor 1 for the service's own rates, a share of them below and above it, 0 for none
 */
public record LimitScale(double factor) {
  public static final LimitScale OFF = new LimitScale(0);
  public static final LimitScale AS_AWS = new LimitScale(1);

  public static final double FACTOR_MIN = 0.001;
  public static final double FACTOR_MAX = 1000;

  private static final double FAN_OUT_BYTES = 2 << 20;

  public LimitScale {
    boolean inRange = factor >= FACTOR_MIN && factor <= FACTOR_MAX;
    if (factor != 0 && !inRange) {
      throw new IllegalArgumentException(
          "factor must be 0 or in " + FACTOR_MIN + ".." + FACTOR_MAX + " but is " + factor);
    }
  }

  public boolean isOff() {
    return factor == 0;
  }

  /** What one consumer may be pushed from one shard, in bytes; null when that is not limited. */
  public @Nullable RateLimit fanOut() {
    return isOff() ? null : perSecond(FAN_OUT_BYTES);
  }

  /** So many a second at the service, with a second's worth as burst. */
  RateLimit perSecond(double rate) {
    double scaled = rate * factor;
    return new RateLimit(scaled, Math.max(1, scaled));
  }
}
