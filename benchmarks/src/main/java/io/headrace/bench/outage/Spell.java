package io.headrace.bench.outage;

import java.util.List;

/**
 * A time under one load, second by second. Immutable.
 *
 * @param looks of all workers, in their order; one at least
 */
record Spell(List<Moment> looks) {
  /**
   * One look.
   *
   * @param seconds since the beginning of the run
   */
  record Moment(double seconds, Watch.Look look) {}

  Spell {
    looks = List.copyOf(looks);
    if (looks.isEmpty()) {
      throw new IllegalArgumentException("a spell without looks");
    }
  }

  private Moment first() {
    return looks.get(0);
  }

  private Moment last() {
    return looks.get(looks.size() - 1);
  }

  double seconds() {
    return last().seconds() - first().seconds();
  }

  long lagAtMost() {
    return looks.stream().mapToLong(each -> each.look().lag()).max().orElse(0);
  }

  long lagAtFirst() {
    return first().look().lag();
  }

  long lagAtLast() {
    return last().look().lag();
  }

  long handled() {
    return last().look().handled() - first().look().handled();
  }

  long commits() {
    return last().look().commits() - first().look().commits();
  }

  long put() {
    return last().look().stored() - first().look().stored();
  }

  /** Requests a second to table and stream, in the busiest of all windows of so many seconds. */
  double requestsPerSecond(double window) {
    double most = 0;
    int from = 0;
    for (int to = 1; to < looks.size(); to++) {
      while (from + 1 < to && looks.get(to).seconds() - looks.get(from + 1).seconds() >= window) {
        from++;
      }
      double seconds = looks.get(to).seconds() - looks.get(from).seconds();
      if (seconds >= window) {
        most = Math.max(most, requests(from, to) / seconds);
      }
    }
    return most > 0 || looks.size() < 2 ? most : requests(0, looks.size() - 1) / seconds();
  }

  private double requests(int from, int to) {
    return (double) looks.get(to).look().requests() - looks.get(from).look().requests();
  }

  /** The longest time without a record that was handled, in seconds. */
  double longestStandstill() {
    double longest = 0;
    double since = first().seconds();
    long handled = first().look().handled();
    for (Moment each : looks) {
      longest = Math.max(longest, each.seconds() - since);
      if (each.look().handled() != handled) {
        handled = each.look().handled();
        since = each.seconds();
      }
    }
    return longest;
  }
}
