package io.headrace.samples.analytics;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Flights of one destination and day, summed up in whole numbers. They come from many origins, and
 * so in no order: a flight that was stored twice is told by all the numbers that are in here, and
 * not by the last one, as {@link DelaySum} tells it. Some dozens a day at most.
 *
 * @param numbers of the flights, ascending
 * @param minutes of delay; flights that came early count below zero
 * @param late flights more than {@link DelaySum#LATE_ABOVE_MINUTES} behind
 */
record NumberedSum(List<Long> numbers, long minutes, long late)
    implements DelayTotals<NumberedSum> {
  static final NumberedSum EMPTY = new NumberedSum(List.of(), 0, 0);

  NumberedSum {
    numbers = List.copyOf(numbers);
  }

  @Override
  public NumberedSum plus(Flight flight) {
    int place = Collections.binarySearch(numbers, flight.number());
    if (place >= 0) {
      return this;
    }
    var more = new ArrayList<>(numbers);
    more.add(-place - 1, flight.number());
    return new NumberedSum(
        more,
        minutes + flight.delayMinutes(),
        late + (flight.delayMinutes() > DelaySum.LATE_ABOVE_MINUTES ? 1 : 0));
  }

  /** Of parts that have no flight in common: each record lies in one shard. */
  @Override
  public NumberedSum plus(NumberedSum other) {
    var all = new ArrayList<>(numbers);
    all.addAll(other.numbers);
    Collections.sort(all);
    return new NumberedSum(all, minutes + other.minutes, late + other.late);
  }

  @Override
  public long flights() {
    return numbers.size();
  }
}
