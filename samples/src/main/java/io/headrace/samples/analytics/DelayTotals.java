package io.headrace.samples.analytics;

/**
 * Flights summed up in whole numbers, so that sums can be compared exactly; each counts once,
 * however often it was stored. Immutable.
 */
interface DelayTotals<S extends DelayTotals<S>> {
  /** With one more, unless it is in here. */
  S plus(Flight flight);

  /** Of parts that have no flight in common. */
  S plus(S other);

  long flights();

  /** Of delay; flights that came early count below zero. */
  long minutes();

  /** How many came more than {@link DelaySum#LATE_ABOVE_MINUTES} behind. */
  long late();
}
