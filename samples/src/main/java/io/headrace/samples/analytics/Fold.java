package io.headrace.samples.analytics;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * What the windows must come to, worked out by one plain loop over the flights, without streams,
 * windows or watermarks. It shares no code with them.
 */
final class Fold {
  /** Names a window. */
  record AirportDay(String airport, Instant day) implements Comparable<AirportDay> {
    @Override
    public int compareTo(AirportDay other) {
      int byDay = day.compareTo(other.day);
      return byDay != 0 ? byDay : airport.compareTo(other.airport);
    }
  }

  /**
   * How outputs compare with the fold.
   *
   * @param windows how many there must be
   * @param missing did not come
   * @param different came with other figures
   * @param unasked came, though no flight is in them
   */
  record Comparison(long windows, long missing, long different, long unasked) {
    boolean equal() {
      return missing == 0 && different == 0 && unasked == 0;
    }
  }

  private static final class Totals {
    private long flights;
    private long minutes;
    private long late;
  }

  private final Map<AirportDay, Totals> days = new TreeMap<>();

  /** Folds flights by origin, each given once. */
  Fold(List<Flight> flights) {
    this(flights, Flight::origin);
  }

  /** Folds flights by one of their airports, each given once. */
  Fold(List<Flight> flights, Function<Flight, String> airport) {
    for (var flight : flights) {
      var day =
          new AirportDay(airport.apply(flight), flight.departed().truncatedTo(ChronoUnit.DAYS));
      var totals = days.computeIfAbsent(day, none -> new Totals());
      totals.flights++;
      totals.minutes += flight.delayMinutes();
      if (flight.delayMinutes() > 15) {
        totals.late++;
      }
    }
  }

  /** Compares figure by figure; means and shares must be the quotients of the sums, exactly. */
  Comparison compare(Map<AirportDay, DelaysOfDay> outputs) {
    long missing = 0;
    long different = 0;
    for (var day : days.entrySet()) {
      var output = outputs.get(day.getKey());
      if (output == null) {
        missing++;
      } else if (!isEqual(day.getValue(), output)) {
        different++;
      }
    }
    long unasked = outputs.keySet().stream().filter(day -> !days.containsKey(day)).count();
    return new Comparison(days.size(), missing, different, unasked);
  }

  private static boolean isEqual(Totals totals, DelaysOfDay output) {
    return totals.flights == output.flights()
        && totals.minutes == output.delayMinutes()
        && totals.late == output.lateFlights()
        && Double.compare((double) totals.minutes / totals.flights, output.meanDelay()) == 0
        && Double.compare((double) totals.late / totals.flights, output.shareLate()) == 0;
  }
}
