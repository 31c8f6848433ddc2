package io.headrace.samples.analytics;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.function.Destination;
import io.headrace.function.FunctionSpec;
import io.headrace.harness.FunctionVerifier;
import io.headrace.kcl.StreamSource;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class AnalyticsVerifiedTest {
  private static final StreamSource STREAM = StreamSource.kinesis("flights");

  private static Flight flight(long number, int day, String origin, String destination, int delay) {
    var departed = Instant.parse("2001-01-01T12:00:00Z").plus(Duration.ofDays(day));
    return new Flight(number, departed, origin, destination, delay, 100);
  }

  /** A day of two flights, one that closes on the way, one that only the end closes. */
  private static <O> FunctionVerifier.Verdict verify(FunctionSpec<Flight, O> spec) {
    return FunctionVerifier.of(spec)
        .put("DTW", flight(1, 0, "DTW", "LAS", 66), flight(2, 0, "DTW", "LAS", -6))
        .put("HNL", flight(3, 0, "HNL", "LAS", 15))
        .put("DTW", flight(4, 20, "DTW", "HNL", 16))
        .end(Flight.END)
        .verify();
  }

  @Test
  void days_of_origins_are_the_same_however_the_worker_is_disturbed() {
    var verdict =
        verify(DelayWindows.byOrigin(STREAM, Destination.nowhere(), Destination.nowhere()));

    assertThat(verdict.runs()).isGreaterThan(40);
    assertThat(verdict.leftOut()).allMatch(what -> what.startsWith("ROLL"));
  }

  @Test
  void days_of_destinations_are_the_same_however_the_workers_of_both_stages_are_disturbed() {
    var verdict =
        verify(DelayWindows.byDestination(STREAM, Destination.nowhere(), Destination.nowhere()));

    assertThat(verdict.runs()).isGreaterThan(50);
    assertThat(verdict.leftOut()).allMatch(what -> what.startsWith("ROLL"));
  }
}
