package io.headrace.function.metrics;

import io.headrace.lease.FleetSize;
import java.time.Duration;

/**
 * How many workers the fleet should have, as one of them sees it: grows by lag, shrinks by measured
 * capacity, and says what there is where neither speaks. Pure; stepped every {@link #EVERY}.
 *
 * <ul>
 *   <li><b>Grows</b> only while the worst lag {@code L} is 30 s or more and would not be gone
 *       within {@code T} = 10 min. With {@code v} the seconds of stream that are read in a second,
 *       {@code n * (1 + L/T) / v} workers would read what is behind within {@code T}: that many, at
 *       least one more, at most twice as many, and no more than there are shards.
 *   <li><b>Shrinks</b> only after ten minutes without a lag above 5 s, to the workers that would be
 *       busy for 0.7 of their capacity: {@code n * r / (0.7 * c)}, the largest of those ten
 *       minutes. {@code r} is what the worker does a second, {@code c} the most it did while it
 *       lagged last.
 *   <li>Rests for two minutes after the fleet has changed, and while a function is held up by what
 *       it depends on: more workers would not help.
 * </ul>
 *
 * <p>At rest it can't oscillate: with an even load neither lag nor room appears by a change that it
 * asked for, as both figures are of the whole fleet's load, which a change does not alter.
 */
final class WantedWorkers {
  static final Duration EVERY = Duration.ofSeconds(10);
  static final Duration LAG_HIGH = Duration.ofSeconds(30);
  static final Duration LAG_LOW = Duration.ofSeconds(5);
  static final Duration CATCH_UP = Duration.ofMinutes(10);
  static final Duration CALM = Duration.ofMinutes(10);
  static final Duration SETTLE = Duration.ofMinutes(2);
  static final double BUSY = 0.7;

  /** Of the speed at which a stream is read, in seconds a second: a shard may stand still. */
  private static final double SPEED_MIN = 0.1;

  private static final int GROWTH_MAX = 2;
  private static final double NANOS = 1e9;

  /**
   * What is seen.
   *
   * @param ticks of the monotonic clock
   * @param perSecond records that this worker finished, since the last one
   * @param lag the worst of this worker's shards
   * @param heldUp whether a function waits for something it depends on
   */
  record Reading(long ticks, double perSecond, Duration lag, FleetSize fleet, boolean heldUp) {}

  private int workers;
  private long settledAt;
  private long lastTicks;
  private double lastLag;
  private boolean lagging;
  private double capacity;
  private long calmSince;
  private int calmFits;

  /** How many there should be; 0 before the fleet is known. */
  int step(Reading seen) {
    double lag = seen.lag().toNanos() / NANOS;
    double fall = (lastLag - lag) / Math.max(1, (seen.ticks() - lastTicks) / NANOS);
    lastTicks = seen.ticks();
    lastLag = lag;
    int now = seen.fleet().workers();
    if (now != workers) {
      workers = now;
      settledAt = seen.ticks() + SETTLE.toNanos();
      calm(seen);
      measure(seen, lag);
      return now;
    }
    boolean settling = seen.ticks() - settledAt < 0;
    measure(seen, lag);
    if (settling || seen.heldUp() || lag > seconds(LAG_LOW)) {
      calm(seen);
      boolean grows = !settling && !seen.heldUp() && lag >= seconds(LAG_HIGH);
      return grows ? grown(lag, fall, seen.fleet()) : now;
    }
    return shrunk(seen);
  }

  /** What it can do shows only while it has more to do than it can. */
  private void measure(Reading seen, double lag) {
    boolean lags = lag >= seconds(LAG_HIGH) && !seen.heldUp();
    if (lags) {
      capacity = lagging ? Math.max(capacity, seen.perSecond()) : seen.perSecond();
    }
    lagging = lags || (lagging && lag > seconds(LAG_LOW));
  }

  private int grown(double lag, double fall, FleetSize fleet) {
    if (fall > 0 && lag / fall <= seconds(CATCH_UP)) {
      return workers;
    }
    double speed = Math.max(SPEED_MIN, 1 + fall);
    int needed = (int) Math.ceil(workers * (1 + lag / seconds(CATCH_UP)) / speed);
    int wanted = Math.min(GROWTH_MAX * workers, Math.max(workers + 1, needed));
    return Math.max(workers, Math.min(wanted, fleet.shards()));
  }

  private int shrunk(Reading seen) {
    if (capacity <= 0) {
      return workers;
    }
    int fits = (int) Math.max(1, Math.ceil(workers * seen.perSecond() / (BUSY * capacity)));
    calmFits = Math.max(calmFits, fits);
    boolean calmLong = seen.ticks() - calmSince >= CALM.toNanos();
    if (calmFits >= workers) {
      calm(seen);
      return workers;
    }
    return calmLong ? calmFits : workers;
  }

  private void calm(Reading seen) {
    calmSince = seen.ticks();
    calmFits = 1;
  }

  private static double seconds(Duration time) {
    return time.toNanos() / NANOS;
  }
}
