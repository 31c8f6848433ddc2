package io.headrace.samples.analytics;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.harness.FunctionHarness;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class DelayWindowsTest {
  private final AnalyticsSample sample = new AnalyticsSample();
  private final FunctionHarness<Flight, DelaysOfDay> harness = FunctionHarness.of(sample.spec());

  private void put(Flight flight) {
    harness.put(flight.origin(), flight, harness.now());
  }

  private void end() {
    harness.putToEachShard(Flight.END);
  }

  private static Flight flight(long number, String departed, String origin, int delay) {
    return new Flight(number, Instant.parse(departed), origin, "LAS", delay, 100);
  }

  @Test
  void each_origin_and_day_is_told_once_when_the_input_ends() {
    put(flight(1, "2001-01-01T00:47:00Z", "DTW", 66));
    put(flight(2, "2001-01-01T23:59:00Z", "DTW", -6));
    put(flight(3, "2001-01-01T23:59:00Z", "HNL", 15));
    put(flight(4, "2001-01-02T00:00:00Z", "DTW", 16));
    assertThat(harness.output()).isEmpty();

    end();

    var day1 = Instant.parse("2001-01-01T00:00:00Z");
    var day2 = Instant.parse("2001-01-02T00:00:00Z");
    assertThat(harness.output())
        .containsExactlyInAnyOrder(
            new DelaysOfDay("DTW", day1, 2, 60, 1, 30, 0.5),
            new DelaysOfDay("HNL", day1, 1, 15, 0, 15, 0),
            new DelaysOfDay("DTW", day2, 1, 16, 1, 16, 1));
  }

  @Test
  void a_day_is_told_two_weeks_after_it_and_not_before() {
    put(flight(1, "2001-01-01T12:00:00Z", "DTW", 0));
    put(flight(2, "2001-01-15T23:59:00Z", "HNL", 0));
    assertThat(harness.output()).isEmpty();

    put(flight(3, "2001-01-16T00:00:00Z", "HNL", 0));

    assertThat(harness.output()).extracting(DelaysOfDay::airport).containsExactly("DTW");
  }

  @Test
  void a_flight_that_comes_behind_a_later_one_of_another_airport_is_counted() {
    put(flight(2, "2001-01-10T12:00:00Z", "HNL", 0));
    put(flight(1, "2001-01-01T12:00:00Z", "DTW", 5));
    end();

    assertThat(harness.output()).extracting(DelaysOfDay::delayMinutes).contains(5L);
    assertThat(harness.output(DelayWindows.TOO_LATE)).isEmpty();
  }

  @Test
  void a_flight_of_a_day_that_was_told_goes_to_the_side() {
    var late = flight(1, "2001-01-01T12:00:00Z", "DTW", 5);
    put(flight(2, "2001-03-01T12:00:00Z", "HNL", 0));
    put(late);
    end();

    assertThat(harness.output(DelayWindows.TOO_LATE)).containsExactly(late);
    assertThat(harness.output()).extracting(DelaysOfDay::airport).containsExactly("HNL");
  }

  @Test
  void the_whole_file_through_the_windows_is_equal_to_the_fold_through_crash_split_and_merge() {
    for (var flight : FlightFile.read()) {
      put(flight);
      switch ((int) flight.number()) {
        case 5_000 -> harness.split();
        case 10_000 -> harness.crash();
        case 15_000 -> harness.merge();
        default -> {}
      }
    }
    end();
    harness.output().forEach(sample::take);

    assertThat(sample.result(sample.size()).figures())
        .containsEntry("windows", 6_901L)
        .containsEntry("equalToFold", true)
        .containsEntry("contradicting", 0L);
    assertThat(harness.output(DelayWindows.TOO_LATE)).isEmpty();
  }
}
