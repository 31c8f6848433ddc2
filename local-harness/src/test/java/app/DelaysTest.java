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

  private static Flight flight(String origin, Duration sinceMidnight, int delayMinutes) {
    return new Flight(origin, "AA", DAY.plus(sinceMidnight), delayMinutes);
  }

  @Test
  void a_day_is_closed_when_a_later_record_has_passed_its_end_and_the_lateness() {
    var stream = FunctionHarness.of(Delays.spec());

    stream.putKeyed("AA", flight("JFK", Duration.ofHours(8), 10));
    stream.putKeyed("AA", flight("JFK", Duration.ofHours(9), 20));
    stream.putKeyed("AA", flight("BOS", Duration.ofHours(9), 60));
    stream.putKeyed("AA", flight("JFK", Duration.ofHours(24), 0));
    assertThat(stream.output()).isEmpty();
    stream.putKeyed("AA", flight("JFK", Duration.ofHours(25), 0));

    assertThat(stream.output())
        .containsExactlyInAnyOrder(
            new DayOfOrigin("AA", "JFK", DAY, 2, 15), new DayOfOrigin("AA", "BOS", DAY, 1, 60));
  }

  @Test
  void a_record_within_the_lateness_counts_and_a_later_one_goes_aside() {
    var stream = FunctionHarness.of(Delays.spec());
    var late = flight("JFK", Duration.ofHours(1), 30);

    stream.putKeyed("AA", flight("JFK", Duration.ofMinutes(24 * 60 + 30), 0));
    stream.putKeyed("AA", late);
    stream.putKeyed("AA", flight("JFK", Duration.ofHours(25), 0));
    stream.putKeyed("AA", late);

    assertThat(stream.output()).containsExactly(new DayOfOrigin("AA", "JFK", DAY, 1, 30));
    assertThat(stream.output(Delays.TOO_LATE)).containsExactly(late);
  }

  @Test
  void open_windows_survive_a_crash_a_split_and_a_merge() {
    var stream = FunctionHarness.of(Delays.spec());

    stream.putKeyed("AA", flight("JFK", Duration.ofHours(8), 10));
    stream.crash();
    stream.putKeyed("AA", flight("JFK", Duration.ofHours(9), 20));
    stream.split();
    stream.putKeyed("AA", flight("JFK", Duration.ofHours(10), 30));
    stream.merge();
    stream.putKeyed("AA", flight("JFK", Duration.ofHours(25), 0));

    assertThat(stream.output()).containsExactly(new DayOfOrigin("AA", "JFK", DAY, 3, 20));
  }
}
