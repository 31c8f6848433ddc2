package io.headrace.samples.analytics;

/**
 * Flights of one origin and day, summed up in whole numbers, so that sums can be compared exactly.
 *
 * @param minutes of delay; flights that came early count below zero
 * @param late flights more than {@link #LATE_ABOVE_MINUTES} behind
 * @param last number of the latest flight in here
 */
record DelaySum(long flights, long minutes, long late, long last) implements DelayTotals<DelaySum> {
  static final int LATE_ABOVE_MINUTES = 15;
  static final DelaySum EMPTY = new DelaySum(0, 0, 0, 0);

  /** One key's flights come in order, so one that is not behind the last was stored twice. */
  @Override
  public DelaySum plus(Flight flight) {
    if (flight.number() <= last) {
      return this;
    }
    return new DelaySum(
        flights + 1,
        minutes + flight.delayMinutes(),
        late + (flight.delayMinutes() > LATE_ABOVE_MINUTES ? 1 : 0),
        flight.number());
  }

  @Override
  public DelaySum plus(DelaySum other) {
    return new DelaySum(
        flights + other.flights,
        minutes + other.minutes,
        late + other.late,
        Math.max(last, other.last));
  }
}
