package io.headrace.local;

import io.headrace.local.engine.LimitScale;

/**
 * Whether a server holds its clients to the service's limits: 1 MiB and 1,000 records a second into
 * a shard, 2 MiB and 5 calls a second out of it, 2 MiB a second to a consumer, and the rates at
 * which streams may be managed. A client that goes beyond gets the errors that the service gives.
 * Immutable; any thread. Chosen with {@link LocalKinesis.Builder#limits}.
 */
public final class Limits {
  private final LimitScale scale;

  private Limits(LimitScale scale) {
    this.scale = scale;
  }

  /** No limits, which is the default: a test is as fast as the machine. */
  public static Limits off() {
    return new Limits(LimitScale.OFF);
  }

  /** The service's own rates. */
  public static Limits asAws() {
    return new Limits(LimitScale.AS_AWS);
  }

  /**
   * The service's rates times a factor: with 0.1 a shard takes 100 records a second, so that a
   * small load meets the limits.
   *
   * @param factor from 0.001 to 1000
   * @throws IllegalArgumentException when it is not
   */
  public static Limits scaled(double factor) {
    if (!(factor >= LimitScale.FACTOR_MIN && factor <= LimitScale.FACTOR_MAX)) {
      throw new IllegalArgumentException(
          "The factor of limits must be in 0.001..1000 but is " + factor + ".");
    }
    return new Limits(new LimitScale(factor));
  }

  /**
   * What a command line says: {@code off}, {@code on}, or a factor such as {@code 0.1}.
   *
   * @throws IllegalArgumentException when it is none of these, with a message fit to show
   */
  public static Limits parse(String text) {
    return switch (text) {
      case "off" -> off();
      case "on" -> asAws();
      default -> factor(text);
    };
  }

  private static Limits factor(String text) {
    try {
      return scaled(Double.parseDouble(text));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "limits must be off, on, or a factor in 0.001..1000 such as 0.1, but is '" + text + "'.",
          e);
    }
  }

  LimitScale scale() {
    return scale;
  }

  @Override
  public String toString() {
    if (scale.isOff()) {
      return "off";
    }
    return scale.factor() == 1 ? "on" : Double.toString(scale.factor());
  }
}
