package io.headrace.samples.analytics;

import io.headrace.samples.CsvFile;
import io.headrace.samples.CsvRow;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.ResolverStyle;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** Reads flights.csv; its README says what the columns are and where they come from. */
final class FlightFile {
  static final String NAME = "flights.csv";
  static final List<String> COLUMNS =
      List.of("date", "origin", "destination", "delay_minutes", "distance_miles");

  private static final Pattern AIRPORT = Pattern.compile("[A-Z]{3}");
  private static final DateTimeFormatter DATE =
      DateTimeFormatter.ofPattern("uuuu/MM/dd HH:mm").withResolverStyle(ResolverStyle.STRICT);

  private FlightFile() {}

  /** All flights, in the order of their departures. */
  static List<Flight> read() {
    return flights(CsvFile.ofSamples(NAME, COLUMNS));
  }

  static List<Flight> flights(List<CsvRow> rows) {
    var flights = new ArrayList<Flight>(rows.size());
    for (var row : rows) {
      var flight = flight(row, flights.size() + 1);
      if (!flights.isEmpty()
          && flight.departed().isBefore(flights.get(flights.size() - 1).departed())) {
        throw row.wrong("date", "must not be before the line above: the file is in time order");
      }
      flights.add(flight);
    }
    return List.copyOf(flights);
  }

  private static Flight flight(CsvRow row, long number) {
    return new Flight(
        number,
        row.dateTime("date", DATE, "yyyy/MM/dd HH:mm").toInstant(ZoneOffset.UTC),
        row.text("origin", AIRPORT),
        row.text("destination", AIRPORT),
        (int) row.whole("delay_minutes", -1440, 14_400),
        (int) row.whole("distance_miles", 0, 10_000));
  }
}
