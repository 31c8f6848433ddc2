package io.headrace.samples.analytics;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.function.Destination;
import io.headrace.harness.FunctionHarness;
import io.headrace.kcl.StreamSource;
import io.headrace.samples.Collected;
import io.headrace.samples.analytics.Fold.AirportDay;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DelayWindowsByDestinationTest {
  private final FunctionHarness<Flight, DelaysOfDay> harness =
      FunctionHarness.of(
          DelayWindows.byDestination(
              StreamSource.kinesis("flights"), Destination.nowhere(), Destination.nowhere()));

  @AfterEach
  void close() {
    harness.close();
  }

  private void put(Flight flight) {
    harness.put(flight.origin(), flight, harness.now());
  }

  private void end() {
    harness.putToEachShard(Flight.END);
    harness.advance(Duration.ofSeconds(10));
  }

  private Fold.Comparison compare(Fold fold) {
    var days =
        new Collected<AirportDay, DelaysOfDay>(day -> new AirportDay(day.airport(), day.day()));
    harness.output().forEach(days::add);
    assertThat(days.contradicting()).isZero();
    return fold.compare(days.distinct());
  }

  @Test
  void flights_of_all_origins_to_one_airport_come_together_and_one_stored_twice_counts_once() {
    var day = Instant.parse("2001-01-01T00:00:00Z");
    var late = new Flight(2, day.plusSeconds(60), "DTW", "LAS", 66, 100);
    put(new Flight(3, day.plusSeconds(90), "HNL", "LAS", -6, 100));
    put(late);
    put(new Flight(1, day, "LAS", "DTW", 5, 100));
    put(late);
    end();

    assertThat(harness.output())
        .containsExactlyInAnyOrder(
            new DelaysOfDay("LAS", day, 2, 60, 1, 30, 0.5),
            new DelaysOfDay("DTW", day, 1, 5, 0, 5, 0));
  }

  @Test
  void the_whole_file_by_destination_is_equal_to_the_fold_through_crash_split_and_merge() {
    var flights = FlightFile.read();
    for (var flight : flights) {
      put(flight);
      switch ((int) flight.number()) {
        case 5_000 -> harness.split();
        case 10_000 -> harness.crash();
        case 15_000 -> harness.merge();
        default -> {}
      }
    }
    end();

    var compared = compare(new Fold(flights, Flight::destination));
    assertThat(compared.windows()).isGreaterThan(5_000);
    assertThat(compared).isEqualTo(new Fold.Comparison(compared.windows(), 0, 0, 0));
    assertThat(harness.output(DelayWindows.TOO_LATE)).isEmpty();
    assertThat(harness.deadLetters()).isEmpty();
  }

  @Test
  void parts_add_up_to_the_whole() {
    var sum =
        NumberedSum.EMPTY
            .plus(new Flight(3, Instant.EPOCH, "DTW", "LAS", 16, 0))
            .plus(new Flight(1, Instant.EPOCH, "HNL", "LAS", 15, 0))
            .plus(new Flight(3, Instant.EPOCH, "DTW", "LAS", 16, 0));

    assertThat(sum).isEqualTo(new NumberedSum(java.util.List.of(1L, 3L), 31, 1));
    assertThat(NumberedSum.EMPTY.plus(sum)).isEqualTo(sum);
  }
}
