package io.headrace.lease;

import static io.headrace.lease.TestFleet.F;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;

/** Workers are replaced one after the other while their shards are being run. */
class RollTest {
  private static final Duration SECOND = Duration.ofSeconds(1);

  /** What it claims in the few seconds that it lives, and others then claim again. */
  private static final int MOVES_OF_A_CRASH_LOOP = 6;

  private static TestFleet settled(long seed, int workers, int shards) {
    var fleet = new TestFleet(seed, shards);
    fleet.deployment = "v1";
    for (int i = 0; i < workers; i++) {
      fleet.start("w" + i);
    }
    fleet.advanceUntil(F.multipliedBy(3), fleet::balanced);
    fleet.advance(F.multipliedBy(8));
    fleet.gainsOf.clear();
    fleet.longestGap.clear();
    return fleet;
  }

  private static void stop(TestFleet fleet, String id) {
    var worker = fleet.worker(id);
    worker.leave(Duration.ofSeconds(10));
    fleet.advanceUntil(Duration.ofSeconds(12), () -> worker.left);
  }

  private static void assertMoves(TestFleet fleet, int shards, double mean, int worst) {
    int moves = fleet.gainsOf.values().stream().mapToInt(i -> i).sum();
    assertThat((double) moves / shards).as("mean").isLessThanOrEqualTo(mean);
    assertThat(fleet.gainsOf.values()).as("each").allMatch(count -> count <= worst);
    assertThat(fleet.longestGap.values()).allMatch(gap -> gap.compareTo(SECOND) <= 0);
    assertThat(fleet.allOwned()).isTrue();
  }

  /** Stop, start, next. */
  private static void roll(TestFleet fleet, int workers, IntFunction<String> successor) {
    for (int i = 0; i < workers; i++) {
      stop(fleet, "w" + i);
      fleet.advance(Duration.ofSeconds(2));
      fleet.start(successor.apply(i));
      fleet.advance(Duration.ofSeconds(4));
    }
  }

  private static void assertSettles(TestFleet fleet) {
    fleet.advanceUntil(F.multipliedBy(9), fleet::balanced);
    int before = fleet.gains;
    fleet.advance(F.multipliedBy(20));
    assertThat(fleet.gains).isEqualTo(before);
  }

  @Test
  void a_restart_of_ten_workers_moves_most_shards_once() {
    for (var deployment : new String[] {"v1", "v2"}) {
      var fleet = settled(1, 10, 60);
      fleet.deployment = deployment;

      roll(fleet, 10, i -> "w" + i);
      assertSettles(fleet);

      assertMoves(fleet, 60, 1.5, 3);
    }
  }

  @Test
  void a_roll_under_new_names_is_known_by_its_deployment() {
    var fleet = settled(2, 10, 60);
    fleet.deployment = "v2";

    roll(fleet, 10, i -> "n" + i);
    assertSettles(fleet);

    assertMoves(fleet, 60, 1.5, 3);
  }

  @Test
  void a_restart_of_forty_workers_moves_most_shards_once() {
    var fleet = settled(3, 40, 80);
    fleet.deployment = "v2";

    roll(fleet, 40, i -> "w" + i);
    assertSettles(fleet);

    assertMoves(fleet, 80, 1.5, 3);
  }

  @Test
  void with_one_worker_more_than_needed_each_shard_moves_once() {
    var fleet = settled(4, 10, 60);
    fleet.deployment = "v2";

    for (int i = 0; i < 10; i++) {
      fleet.start("n" + i);
      fleet.advance(Duration.ofSeconds(4));
      stop(fleet, "w" + i);
      fleet.advance(Duration.ofSeconds(2));
    }
    assertSettles(fleet);

    assertMoves(fleet, 60, 1, 1);
  }

  @Test
  void one_worker_of_a_new_deployment_gets_its_share_when_no_other_follows() {
    var fleet = settled(5, 3, 12);
    fleet.deployment = "v2";

    fleet.start("canary");
    fleet.advance(F.multipliedBy(5));
    assertThat(fleet.worker("canary").running).isEmpty();

    fleet.advanceUntil(F.multipliedBy(3), fleet::balanced);
    assertThat(fleet.worker("canary").running).hasSize(3);
  }

  /** As one whose settings are wrong, and that is started again and again. */
  @Test
  void a_worker_that_crashes_again_and_again_keeps_nobody_from_being_balanced() {
    for (var pause : new Duration[] {Duration.ofSeconds(3), Duration.ofSeconds(25)}) {
      for (boolean orderly : new boolean[] {false, true}) {
        var fleet = settled(8, 3, 12);
        fleet.deployment = "v2";
        crash(fleet, pause, orderly, F.multipliedBy(4));

        fleet.start("joiner");
        crash(fleet, pause, orderly, F.multipliedBy(10));

        var steady = List.of("w0", "w1", "w2", "joiner");
        assertThat(steady)
            .as("%s %s", pause, fleet.counts())
            .allMatch(id -> fleet.counts().get(id) >= 2);
        fleet.gainsOf.clear();
        crash(fleet, pause, orderly, F.multipliedBy(10));
        int moves = fleet.gainsOf.values().stream().mapToInt(i -> i).sum();
        assertThat(moves).as("%s, in 10 F", pause).isLessThanOrEqualTo(MOVES_OF_A_CRASH_LOOP);
      }
    }
  }

  private static void crash(TestFleet fleet, Duration pause, boolean orderly, Duration span) {
    for (var spent = Duration.ZERO; spent.compareTo(span) < 0; spent = spent.plus(pause)) {
      var looping = fleet.start("looping");
      fleet.advance(pause);
      if (orderly) {
        looping.leave(Duration.ZERO);
        fleet.advance(Duration.ofMillis(200));
      }
      looping.kill();
    }
  }

  @Test
  void a_restart_after_a_crash_is_no_roll() {
    var fleet = settled(6, 3, 12);
    fleet.worker("w0").kill();
    fleet.advanceUntil(F.multipliedBy(2), () -> fleet.ownersWithout("w0"));

    fleet.start("w0");

    fleet.advanceUntil(F.multipliedBy(2), fleet::balanced);
  }

  @Test
  void a_fleet_that_was_stopped_whole_is_balanced_at_once_when_it_starts_again() {
    var fleet = settled(7, 3, 12);
    for (int i = 0; i < 3; i++) {
      stop(fleet, "w" + i);
    }
    fleet.start("w0");
    fleet.advanceUntil(SECOND, fleet::allOwned);

    fleet.start("w1");

    fleet.advanceUntil(F.multipliedBy(8), fleet::balanced);
  }
}
