package io.headrace.bench.rig;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class WindowJobTest {
  private static final DelaySum ONE = DelaySum.NONE.plus(new Departure("AAA", "BBB", 1_000, 20));

  @Test
  void a_departure_is_read_as_it_was_written() {
    Departure early = new Departure("AAA", "BBB", 1_767_225_600_000L, -7);

    assertThat(Departure.of(early.bytes())).isEqualTo(early);
    assertThat(Departure.of(Departures.end().bytes()).isEnd()).isTrue();
    assertThatThrownBy(() -> Departure.of("AAA BBB 17".getBytes(US_ASCII)))
        .hasMessage("a departure has four fields, but a record of 10 bytes has fewer");
  }

  @Test
  void departures_are_the_same_for_a_seed_and_late_by_the_jitter_at_most() {
    Departures some = new Departures(5, 10_000);
    Departures same = new Departures(5, 10_000);
    long highest = 0;
    while (some.hasNext()) {
      Departure next = some.next();
      assertThat(same.next()).isEqualTo(next);
      assertThat(next.millis()).isGreaterThan(highest - Departures.JITTER.toMillis());
      highest = Math.max(highest, next.millis());
    }
    assertThat(same.hasNext()).isFalse();
  }

  @Test
  void sums_are_the_same_in_every_order() {
    Departure late = new Departure("AAA", "CCC", 2_000, 16);
    Departure early = new Departure("AAA", "CCC", 3_000, -3);

    DelaySum one = DelaySum.NONE.plus(late).plus(early);

    assertThat(one).isEqualTo(new DelaySum(2, 13, 1, 16));
    assertThat(DelaySum.NONE.plus(early).plus(DelaySum.NONE.plus(late))).isEqualTo(one);
    assertThat(DelaySum.of(one.bytes())).isEqualTo(one);
  }

  @Test
  void a_job_is_done_when_all_records_are_added_and_all_windows_told() throws Exception {
    WindowResults results = new WindowResults(0, 2, 1);
    results.added();
    results.told("AAA", 0, ONE);
    results.added();

    assertThat(results.await(Duration.ZERO).byName())
        .containsEntry("windows.told", 1.0)
        .containsEntry("windows.contradicted", 0.0)
        .containsEntry("windows.added_again", 0.0);
  }

  @Test
  void what_is_missing_is_named_when_time_is_over() {
    WindowResults results = new WindowResults(1, 1, 3);
    results.added();
    results.told("AAA", 0, ONE);

    assertThatThrownBy(() -> results.await(Duration.ZERO))
        .isInstanceOf(NotMeasured.class)
        .hasMessage("1 of 2 records were done after 0 s, and 1 of 3 windows told");
  }

  @Test
  void a_window_that_is_told_with_two_sums_is_counted() throws Exception {
    WindowResults results = new WindowResults(0, 1, 1);
    results.added();
    results.told("AAA", 0, ONE);
    results.told("AAA", 0, ONE);
    results.told("AAA", 0, ONE.plus(ONE));

    assertThat(results.await(Duration.ZERO).byName()).containsEntry("windows.contradicted", 1.0);
  }

  @Test
  void results_differ_by_what_is_missing_different_and_too_much() {
    List<String> fold = List.of("AAA day1 = 1 2", "AAA day2 = 3 4", "BBB day1 = 5 6");
    List<String> other = List.of("AAA day1 = 1 2", "AAA day2 = 3 5", "CCC day1 = 5 6");

    assertThat(WindowResults.compare(fold, fold)).isEqualTo(new WindowResults.Difference(0, 0, 0));
    assertThat(WindowResults.compare(other, fold)).isEqualTo(new WindowResults.Difference(1, 1, 1));
    assertThatThrownBy(() -> WindowResults.compare(List.of("hello"), fold))
        .hasMessage("a result has to be WINDOW = SUMS but is \"hello\"");
  }

  @Test
  void a_program_is_told_its_settings_on_its_command_line() {
    WindowSettings settings =
        new WindowSettings(
            new WindowSettings.Servers(
                URI.create("kafka://127.0.0.1:9092"), URI.create("http://127.0.0.1:8000")),
            "in",
            "job",
            WindowSettings.By.DESTINATION,
            1,
            2,
            3,
            Path.of("results.txt"),
            Path.of("folder"));

    assertThat(WindowSettings.parse(settings.command())).isEqualTo(settings);
    assertThat(settings.sourceAddress()).isEqualTo("127.0.0.1:9092");
  }
}
