package io.headrace.bench.chaos;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the days of the flights must come to, by one loop over the lines of the file: no class of
 * Headrace's, and none of the samples'.
 */
final class DaysFold {
  private static final String HEADER = "date,origin,destination,delay_minutes,distance_miles";
  private static final int LATE_ABOVE = 15;

  private static final class Totals {
    private long flights;
    private long minutes;
    private long late;
  }

  private final Map<String, Totals> days = new HashMap<>();

  /** Folds the first lines of a file. */
  DaysFold(Path file, long count) throws IOException {
    try (BufferedReader lines = Files.newBufferedReader(file)) {
      if (!HEADER.equals(lines.readLine())) {
        throw new IllegalArgumentException(file + " does not begin with " + HEADER);
      }
      long read = 0;
      for (String line = lines.readLine();
          line != null && read < count;
          line = lines.readLine(), read++) {
        String[] fields = line.split(",", -1);
        // 2001/01/31 23:59 is of the day that names of outputs have as 2001-01-31T00:00:00Z.
        String day = fields[0].substring(0, 10).replace('/', '-') + "T00:00:00Z";
        Totals totals = days.computeIfAbsent(fields[1] + " " + day, none -> new Totals());
        long delay = Long.parseLong(fields[3]);
        totals.flights++;
        totals.minutes += delay;
        totals.late += delay > LATE_ABOVE ? 1 : 0;
      }
    }
  }

  int size() {
    return days.size();
  }

  /** Days that are not among the outputs. */
  long missing(Map<String, JsonNode> outputs) {
    return days.keySet().stream().filter(day -> !outputs.containsKey(day)).count();
  }

  /** Outputs of days without a flight. */
  long extra(Map<String, JsonNode> outputs) {
    return outputs.keySet().stream().filter(day -> !days.containsKey(day)).count();
  }

  /** Days of which anything is told that is not the fold's, to the last bit of a mean. */
  long different(Map<String, JsonNode> outputs) {
    return outputs.entrySet().stream()
        .filter(output -> isWrong(days.get(output.getKey()), output.getValue()))
        .count();
  }

  private static boolean isWrong(@Nullable Totals totals, JsonNode told) {
    return totals != null && !equal(totals, told);
  }

  private static boolean equal(Totals totals, JsonNode told) {
    double flights = totals.flights;
    return told.path("flights").asLong(-1) == totals.flights
        && told.path("delayMinutes").asLong(Long.MIN_VALUE) == totals.minutes
        && told.path("lateFlights").asLong(-1) == totals.late
        && Double.compare(told.path("meanDelay").asDouble(Double.NaN), totals.minutes / flights)
            == 0
        && Double.compare(told.path("shareLate").asDouble(Double.NaN), totals.late / flights) == 0;
  }
}
