package io.headrace.samples.analytics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.samples.CsvFile;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class FlightFileTest {
  private static List<Flight> read(String... lines) throws IOException {
    var text = String.join(",", FlightFile.COLUMNS) + "\n" + String.join("\n", lines) + "\n";
    return FlightFile.flights(
        CsvFile.read(
            "flights.csv",
            new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)),
            FlightFile.COLUMNS));
  }

  @Test
  void the_file_has_20000_flights_of_90_days_in_time_order() {
    var flights = FlightFile.read();

    assertThat(flights).hasSize(20_000);
    assertThat(flights.get(0))
        .isEqualTo(new Flight(1, Instant.parse("2001-01-01T00:47:00Z"), "DTW", "LAS", 66, 1750));
    assertThat(flights.get(19_999).departed()).isEqualTo(Instant.parse("2001-03-31T22:27:00Z"));
    assertThat(flights)
        .isSortedAccordingTo(java.util.Comparator.comparing(Flight::departed))
        .noneMatch(Flight::endsInput);
    assertThat(flights.stream().map(Flight::origin).distinct()).hasSize(220);
  }

  @Test
  void a_bad_line_is_refused_by_line_column_and_value() {
    assertThatThrownBy(() -> read("2001/13/01 00:47,DTW,LAS,66,1750"))
        .hasMessageContaining("flights.csv line 2 column date: \"2001/13/01 00:47\"");
    assertThatThrownBy(() -> read("2001/01/01 00:47,dtw,LAS,66,1750"))
        .hasMessageContaining("line 2 column origin: \"dtw\" must match [A-Z]{3}");
    assertThatThrownBy(() -> read("2001/01/01 00:47,DTW,LAS,6.6,1750"))
        .hasMessageContaining("line 2 column delay_minutes: \"6.6\" must be a whole number");
    assertThatThrownBy(() -> read("2001/01/01 00:47,DTW,LAS,66,-1"))
        .hasMessageContaining("line 2 column distance_miles: \"-1\"");
  }

  @Test
  void a_line_that_goes_back_in_time_is_refused() {
    assertThatThrownBy(
            () -> read("2001/01/01 00:47,DTW,LAS,66,1750", "2001/01/01 00:46,DTW,LAS,66,1750"))
        .hasMessageContaining("line 3 column date")
        .hasMessageContaining("time order");
  }
}
