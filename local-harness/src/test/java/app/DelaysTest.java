package app;

import static org.assertj.core.api.Assertions.assertThat;

import app.Delays.DayOfOrigin;
import app.Delays.Flight;
import io.headrace.harness.FunctionHarness;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** Windows, as a user tests them. */
class DelaysTest {
  private static final Instant DAY = Instant.parse("2026-03-01T00:00:00Z");

  /** Event time comes from the first stage to the second within a second. */
  private static final Duration CARRYING = Duration.ofSeconds(2);

  private static Flight flight(String origin, Duration sinceMidnight, int delayMinutes) {
    return new Flight(origin, "AA", DAY.plus(sinceMidnight), delayMinutes);
  }

  private static void put(FunctionHarness<Flight, DayOfOrigin> stream, Flight flight) {
    stream.putKeyed(flight.carrier(), flight);
    stream.advance(CARRYING);
  }

  @Test
  void a_day_is_told_when_a_later_record_has_passed_its_end() {
    var stream = FunctionHarness.of(Delays.spec());

    put(stream, flight("JFK", Duration.ofHours(8), 10));
    put(stream, flight("JFK", Duration.ofHours(9), 20));
    put(stream, flight("BOS", Duration.ofHours(9), 60));
    assertThat(stream.output()).isEmpty();
    put(stream, flight("JFK", Duration.ofHours(24), 0));

    assertThat(stream.output())
        .containsExactlyInAnyOrder(
            new DayOfOrigin("JFK", DAY, 2, 15, 0.5, 0), new DayOfOrigin("BOS", DAY, 1, 60, 1, 0));
  }

  @Test
  void a_record_within_the_lateness_has_its_day_told_again_and_a_later_one_goes_aside() {
    var stream = FunctionHarness.of(Delays.spec());
    var late = flight("JFK", Duration.ofHours(1), 30);

    put(stream, flight("JFK", Duration.ofHours(8), 10));
    put(stream, flight("JFK", Duration.ofMinutes(24 * 60 + 30), 0));
    put(stream, late);
    put(stream, flight("JFK", Duration.ofHours(25), 0));
    put(stream, late);

    assertThat(stream.output())
        .containsExactly(
            new DayOfOrigin("JFK", DAY, 1, 10, 0, 0), new DayOfOrigin("JFK", DAY, 2, 20, 0.5, 1));
    assertThat(stream.output(Delays.TOO_LATE)).containsExactly(late);
  }

  @Test
  void days_that_are_open_survive_a_crash_a_split_and_a_merge() {
    var stream = FunctionHarness.of(Delays.spec());

    put(stream, flight("JFK", Duration.ofHours(8), 10));
    stream.crash();
    put(stream, flight("JFK", Duration.ofHours(9), 20));
    stream.split();
    put(stream, flight("JFK", Duration.ofHours(10), 30));
    stream.merge();
    put(stream, flight("JFK", Duration.ofHours(25), 0));
    stream.advance(Duration.ofMinutes(2));

    assertThat(stream.output()).containsExactly(new DayOfOrigin("JFK", DAY, 3, 20, 2.0 / 3, 0));
  }

  @Test
  void event_time_moves_when_told() {
    var stream = FunctionHarness.of(Delays.spec());

    put(stream, flight("JFK", Duration.ofHours(8), 10));
    stream.advanceWatermarkTo(DAY.plus(Duration.ofHours(24)));

    assertThat(stream.output()).containsExactly(new DayOfOrigin("JFK", DAY, 1, 10, 0, 0));
  }
}
