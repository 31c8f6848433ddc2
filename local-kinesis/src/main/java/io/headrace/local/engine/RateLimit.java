package io.headrace.local.engine;

/**
 * So much a second, with room for a burst: a bucket that fills with time and is full at first. It
 * counts in whole millionths, so that the same amounts at the same times always give the same
 * answers, however small the rate. Confined to whoever guards what it limits.
 */
public final class RateLimit {
  private static final long MILLIONTHS = 1_000_000;

  private final long millionthsPerMilli;
  private final long burst;
  private long level;
  private long levelMillis = Long.MIN_VALUE;

  /**
   * @param perSecond how much flows in a second, at least a thousandth
   * @param burst how much may be taken at once after a rest
   */
  public RateLimit(double perSecond, double burst) {
    if (!(perSecond >= 0.001) || perSecond > 1e12) {
      throw new IllegalArgumentException("perSecond must be in 0.001..1e12 but is " + perSecond);
    }
    if (!(burst > 0) || burst > 1e12) {
      throw new IllegalArgumentException("burst must be above 0 and at most 1e12 but is " + burst);
    }
    this.millionthsPerMilli = Math.round(perSecond * 1000);
    this.burst = Math.round(burst * MILLIONTHS);
    this.level = this.burst;
  }

  /**
   * Takes all of the amount, or nothing when there is less. An amount above the whole burst, which
   * would never be there, is let through by a full bucket and owed.
   */
  public boolean take(long amount, long nowMillis) {
    if (!has(amount, nowMillis)) {
      return false;
    }
    level -= amount * MILLIONTHS;
    return true;
  }

  /** Whether this much could be taken. */
  public boolean has(long amount, long nowMillis) {
    refill(nowMillis);
    return Math.min(amount * MILLIONTHS, burst) <= level;
  }

  /** Takes what is saved. */
  public void drain(long nowMillis) {
    refill(nowMillis);
    level = Math.min(level, 0);
  }

  /**
   * Takes an amount that nobody knew before it was due, below zero if need be. One above the whole
   * burst has no use of what was saved: it costs its full time from now on.
   */
  public void charge(long amount, long nowMillis) {
    refill(nowMillis);
    long taken = amount * MILLIONTHS;
    level = (taken > burst ? Math.min(level, 0) : level) - taken;
  }

  /** Whether nothing is owed from earlier charges. */
  public boolean isOpen(long nowMillis) {
    return millisUntilOpen(nowMillis) == 0;
  }

  /** How long until {@link #isOpen}, when nothing is charged meanwhile; 0 when it is. */
  public long millisUntilOpen(long nowMillis) {
    refill(nowMillis);
    return level >= 0 ? 0 : (-level + millionthsPerMilli - 1) / millionthsPerMilli;
  }

  // A clock that is set back gives nothing and takes nothing.
  private void refill(long nowMillis) {
    if (nowMillis <= levelMillis) {
      return;
    }
    long elapsed = levelMillis == Long.MIN_VALUE ? 0 : nowMillis - levelMillis;
    levelMillis = nowMillis;
    // Compared before it is multiplied: a rest of years would run over the range of a long.
    long untilFull = (burst - level) / millionthsPerMilli + 1;
    level = elapsed >= untilFull ? burst : level + elapsed * millionthsPerMilli;
  }
}
