package io.headrace.local.engine;

/**
 * That an account in a region committed itself to pay for a minimum of throughput, which is what
 * lets it warm on-demand streams. Immutable; times are milliseconds since 1970.
 *
 * @param endMillis when it ends or ended; {@link #NEVER} while nobody asked for its end
 */
public record Commitment(long startMillis, long endMillis) {
  public static final long NEVER = Long.MAX_VALUE;

  /** The account never had one. */
  static final Commitment NONE = new Commitment(NEVER, NEVER);

  private static final long DURATION_MIN_MILLIS = 86_400_000;

  /** How the service calls what a commitment can be. */
  public enum Status {
    ENABLED,
    DISABLED,
    ENABLED_UNTIL_EARLIEST_ALLOWED_END
  }

  public boolean hasStarted() {
    return startMillis != NEVER;
  }

  public Status status(long nowMillis) {
    if (!hasStarted() || endMillis <= nowMillis) {
      return Status.DISABLED;
    }
    return endMillis == NEVER ? Status.ENABLED : Status.ENABLED_UNTIL_EARLIEST_ALLOWED_END;
  }

  public long earliestEndMillis() {
    return startMillis + DURATION_MIN_MILLIS;
  }

  boolean holds(long nowMillis) {
    return status(nowMillis) != Status.DISABLED;
  }

  /** Begins, or goes on when its end was asked for but has not come. */
  Commitment enabled(long nowMillis) {
    return new Commitment(holds(nowMillis) ? startMillis : nowMillis, NEVER);
  }

  /** Ends, though never before it is a day old. */
  Commitment disabled(long nowMillis) {
    return holds(nowMillis)
        ? new Commitment(startMillis, Math.max(nowMillis, earliestEndMillis()))
        : this;
  }
}
