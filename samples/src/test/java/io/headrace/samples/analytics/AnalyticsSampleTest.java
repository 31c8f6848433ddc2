package io.headrace.samples.analytics;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.function.json.Json;
import io.headrace.kcl.HashRange;
import io.headrace.kcl.Shard;
import io.headrace.kcl.ShardId;
import io.headrace.samples.analytics.Fold.AirportDay;
import java.math.BigInteger;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import org.junit.jupiter.api.Test;

class AnalyticsSampleTest {
  private static final Json<Flight> CODEC = Json.of(Flight.class);

  private final AnalyticsSample sample = new AnalyticsSample();

  /** Sums up the first entries as the windows would, each {@code times} times. */
  private static List<DelaysOfDay> days(AnalyticsSample sample, long put, int times) {
    var sums = new HashMap<AirportDay, DelaySum>();
    var entries = sample.entries();
    for (long i = 0; i < put; i++) {
      var entry = entries.next().entry();
      var flight = CODEC.decode(entry.data(), CODEC.version());
      assertThat(entry.partitionKey()).isEqualTo(flight.origin());
      var day = new AirportDay(flight.origin(), flight.departed().truncatedTo(ChronoUnit.DAYS));
      for (int time = 0; time < times; time++) {
        sums.put(day, sums.getOrDefault(day, DelaySum.EMPTY).plus(flight));
      }
    }
    var days = new ArrayList<DelaysOfDay>();
    sums.forEach(
        (day, sum) ->
            days.add(
                new DelaysOfDay(
                    day.airport(),
                    day.day(),
                    sum.flights(),
                    sum.minutes(),
                    sum.late(),
                    (double) sum.minutes() / sum.flights(),
                    (double) sum.late() / sum.flights())));
    return days;
  }

  private static DelaysOfDay oneFlightMore(DelaysOfDay day) {
    return new DelaysOfDay(
        day.airport(),
        day.day(),
        day.flights() + 1,
        day.delayMinutes(),
        day.lateFlights(),
        day.meanDelay(),
        day.shareLate());
  }

  @Test
  void sums_over_the_whole_file_are_equal_to_a_plain_fold() {
    days(sample, sample.size(), 1).forEach(sample::take);

    var result = sample.result(sample.size());
    result.lines().forEach(System.out::println);

    assertThat(result.figures())
        .containsEntry("flights", 20_000L)
        .containsEntry("windows", 6_901L)
        .containsEntry("equalToFold", true)
        .containsEntry("tooLate", 0L);
  }

  @Test
  void flights_that_were_stored_twice_count_once() {
    days(sample, 5_000, 2).forEach(sample::take);

    assertThat(sample.result(5_000).figures()).containsEntry("equalToFold", true);
  }

  @Test
  void only_the_flights_that_were_put_are_expected() {
    assertThat(sample.result(0).figures())
        .containsEntry("windows", 0L)
        .containsEntry("equalToFold", true);

    days(sample, 777, 1).forEach(sample::take);
    assertThat(sample.result(777).figures()).containsEntry("equalToFold", true);
    assertThat(sample.result(778).figures()).containsEntry("equalToFold", false);
  }

  @Test
  void a_day_that_is_missing_different_or_unasked_is_not_the_folds() {
    var days = days(sample, 1_000, 1);
    days.stream().skip(2).forEach(sample::take);
    sample.take(oneFlightMore(days.get(1)));
    sample.take(new DelaysOfDay("XXX", Instant.EPOCH, 1, 0, 0, 0, 0));

    assertThat(sample.result(1_000).figures())
        .containsEntry("missing", 1L)
        .containsEntry("different", 1L)
        .containsEntry("unasked", 1L)
        .containsEntry("equalToFold", false);
  }

  @Test
  void means_are_compared_to_the_last_bit() {
    var days = days(sample, 100, 1);
    days.stream().skip(1).forEach(sample::take);
    var day = days.get(0);
    sample.take(
        new DelaysOfDay(
            day.airport(),
            day.day(),
            day.flights(),
            day.delayMinutes(),
            day.lateFlights(),
            Math.nextUp(day.meanDelay()),
            day.shareLate()));

    assertThat(sample.result(100).figures())
        .containsEntry("different", 1L)
        .containsEntry("equalToFold", false);
  }

  @Test
  void a_day_that_comes_again_is_counted_and_one_that_contradicts_it_is_a_fault() {
    var days = days(sample, 100, 1);
    days.forEach(sample::take);
    days.forEach(sample::take);

    assertThat(sample.result(100).figures())
        .containsEntry("repeated", (long) days.size())
        .containsEntry("equalToFold", true);

    sample.take(oneFlightMore(days.get(0)));
    assertThat(sample.result(100).figures())
        .containsEntry("contradicting", 1L)
        .containsEntry("equalToFold", false);
  }

  @Test
  void flights_that_came_too_late_are_told() {
    sample.takeLate(new Flight(3, Instant.EPOCH, "DTW", "LAS", 0, 0));
    sample.takeLate(new Flight(3, Instant.EPOCH, "DTW", "LAS", 0, 0));

    assertThat(sample.result(100).figures()).containsEntry("tooLate", 1L);
  }

  @Test
  void the_end_goes_into_every_open_shard() {
    var middle = BigInteger.ONE.shiftLeft(127);
    var shards =
        List.of(
            new Shard(
                new ShardId("low"),
                List.of(),
                new HashRange(BigInteger.ZERO, middle.subtract(BigInteger.ONE))),
            new Shard(new ShardId("high"), List.of(), new HashRange(middle, HashRange.ALL.last())));

    var ending = sample.ending(sample.streams().get(0), shards);

    assertThat(ending).hasSize(2);
    for (var shard : shards) {
      assertThat(ending).filteredOn(e -> shard.range().holds(e.partitionKey())).hasSize(1);
    }
    assertThat(ending)
        .allMatch(e -> CODEC.decode(e.data(), CODEC.version()).endsInput())
        .allMatch(e -> !e.partitionKey().matches("[A-Z]{3}"));
  }

  @Test
  void a_flight_exactly_15_minutes_behind_is_not_late() {
    var sum =
        DelaySum.EMPTY
            .plus(new Flight(1, Instant.EPOCH, "DTW", "LAS", 15, 0))
            .plus(new Flight(2, Instant.EPOCH, "DTW", "LAS", 16, 0))
            .plus(new Flight(3, Instant.EPOCH, "DTW", "LAS", -20, 0));

    assertThat(sum).isEqualTo(new DelaySum(3, 11, 1, 3));
  }

  @Test
  void two_parts_of_a_day_add_up_to_the_whole() {
    assertThat(new DelaySum(2, 30, 1, 7).plus(new DelaySum(3, -5, 0, 9)))
        .isEqualTo(new DelaySum(5, 25, 1, 9));
  }
}
