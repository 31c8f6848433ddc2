package io.headrace.function.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.lease.FleetSize;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The signal alone, and in a closed loop with a fleet that follows it. */
class WantedWorkersTest {
  private static final double STEP = WantedWorkers.EVERY.toSeconds();

  /** A fleet of equal workers that obeys the signal within a minute; load and room are records. */
  private static final class Fleet {
    final WantedWorkers signal = new WantedWorkers();
    final SplittableRandom random;
    final List<Integer> sizes = new ArrayList<>();
    final int shards;
    double capacity;
    double noise;
    int workers;
    long seconds;
    double backlog;
    boolean heldUp;
    int wanted;
    int obeyAt;

    Fleet(long seed, int workers, int shards, double capacity) {
      this.random = new SplittableRandom(seed);
      this.workers = workers;
      this.shards = shards;
      this.capacity = capacity;
    }

    void live(Duration time, double load) {
      for (long i = 0; i < time.toSeconds() / (long) STEP; i++) {
        step(load * (1 + noise * (2 * random.nextDouble() - 1)));
      }
    }

    private void step(double load) {
      seconds += (long) STEP;
      double room = heldUp ? 0 : Math.min(workers, shards) * capacity * STEP;
      double work = backlog + load * STEP;
      double done = Math.min(work, room);
      backlog = work - done;
      var lag = Duration.ofMillis((long) (1000 * backlog / load));
      wanted =
          signal.step(
              new WantedWorkers.Reading(
                  Duration.ofSeconds(seconds).toNanos(),
                  done / STEP / workers,
                  lag,
                  new FleetSize(workers, shards),
                  heldUp));
      // An autoscaler looks once a minute.
      if (++obeyAt % 6 == 0 && wanted > 0) {
        workers = wanted;
      }
      sizes.add(workers);
    }

    List<Integer> last(Duration time) {
      int steps = (int) (time.toSeconds() / STEP);
      return sizes.subList(sizes.size() - steps, sizes.size()).stream().distinct().toList();
    }
  }

  @Test
  void before_the_fleet_is_known_nothing_is_wanted() {
    var reading = new WantedWorkers.Reading(0, 0, Duration.ofHours(1), FleetSize.UNKNOWN, false);

    assertThat(new WantedWorkers().step(reading)).isZero();
  }

  @Test
  void a_fleet_that_keeps_up_stays_as_it_is() {
    var fleet = new Fleet(1, 3, 100, 1000);
    fleet.live(Duration.ofHours(6), 500);
    assertThat(fleet.last(Duration.ofHours(6))).containsExactly(3);
  }

  @Test
  void a_fleet_that_falls_behind_grows_until_it_keeps_up_and_then_rests() {
    var fleet = new Fleet(1, 2, 100, 1000);
    fleet.live(Duration.ofHours(3), 5500);

    assertThat(fleet.backlog).isZero();
    assertThat(fleet.workers).isBetween(6, 12);
    assertThat(fleet.last(Duration.ofHours(1))).hasSize(1);
  }

  @Test
  void room_is_given_back_after_ten_calm_minutes_and_not_asked_for_again() {
    var fleet = new Fleet(1, 2, 100, 1000);
    fleet.live(Duration.ofHours(2), 5500);
    fleet.live(Duration.ofHours(6), 1500);

    // 1,500 at 0.7 of 1,000 each.
    assertThat(fleet.last(Duration.ofHours(1))).containsExactly(3);
    assertThat(fleet.backlog).isZero();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void at_rest_the_signal_does_not_oscillate_whatever_the_load(long seed) {
    var random = new SplittableRandom(seed);
    var fleet = new Fleet(seed, 1 + random.nextInt(8), 64, 500 + random.nextInt(2000));
    fleet.noise = 0.15;
    double load = fleet.capacity * (0.3 + 12 * random.nextDouble());
    fleet.live(Duration.ofHours(2), 2 * load);
    fleet.live(Duration.ofHours(4), load);
    fleet.live(Duration.ofHours(24), load);

    // Room that noise had hidden may be found once, late; what was given back is never asked for.
    var sizes = fleet.last(Duration.ofHours(24));
    assertThat(sizes).as("seed %d", seed).isSortedAccordingTo(Comparator.reverseOrder());
    assertThat(sizes.size()).as("seed %d", seed).isLessThanOrEqualTo(2);
    assertThat(fleet.workers * fleet.capacity).as("seed %d", seed).isGreaterThan(load);
  }

  @Test
  void a_wrong_measure_of_capacity_is_mended_by_the_lag_that_it_causes() {
    var fleet = new Fleet(1, 2, 100, 2000);
    fleet.live(Duration.ofHours(2), 9000);
    fleet.capacity = 1000; // A new version that is half as quick.
    fleet.live(Duration.ofHours(12), 6000);

    assertThat(fleet.backlog).isZero();
    assertThat(fleet.last(Duration.ofHours(6))).hasSize(1);
  }

  @Test
  void a_lag_that_will_be_gone_in_time_is_waited_for() {
    var fleet = new Fleet(1, 4, 100, 1000);
    fleet.backlog = 300_000; // 300 s of it, read at four times the speed
    fleet.live(Duration.ofMinutes(10), 1000);

    assertThat(fleet.last(Duration.ofMinutes(10))).containsExactly(4);
  }

  @Test
  void an_outage_makes_a_lag_that_more_workers_would_not_mend() {
    var fleet = new Fleet(1, 4, 100, 1000);
    fleet.live(Duration.ofMinutes(10), 1000);
    fleet.heldUp = true;
    fleet.live(Duration.ofHours(1), 1000);

    assertThat(fleet.last(Duration.ofHours(1))).containsExactly(4);
  }

  @ParameterizedTest
  @CsvSource({"4, 4", "1, 1"})
  void more_workers_than_shards_are_never_wanted(int shards, int most) {
    var fleet = new Fleet(1, 1, shards, 1000);
    fleet.live(Duration.ofHours(1), 100_000);

    assertThat(fleet.workers).isEqualTo(most);
  }
}
