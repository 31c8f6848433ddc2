package io.headrace.lease;

import static io.headrace.lease.TestFleet.F;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** More workers than shards: who holds nothing costs little, and is there when it is needed. */
class StandbyTest {
  private static TestFleet asleep(int workers, int shards) {
    var fleet = new TestFleet(1, shards);
    for (int i = 0; i < workers; i++) {
      fleet.start("w" + i);
    }
    fleet.advanceUntil(F.multipliedBy(3), fleet::balanced);
    fleet.advance(F.multipliedBy(6));
    return fleet;
  }

  private static List<TestFleet.TestWorker> standbys(TestFleet fleet) {
    return fleet.workers.values().stream().filter(worker -> item(fleet, worker).standby()).toList();
  }

  private static WorkerItem item(TestFleet fleet, TestFleet.TestWorker worker) {
    return LeaseTableContract.await(fleet.table.worker("app", worker.id)).orElseThrow().item();
  }

  private static TestFleet.TestWorker holder(TestFleet fleet) {
    return fleet.workers.values().stream()
        .filter(worker -> worker.here() && !worker.running.isEmpty())
        .findFirst()
        .orElseThrow();
  }

  @Test
  void who_holds_nothing_beats_and_looks_a_fifth_as_often() {
    var fleet = asleep(6, 2);
    assertThat(standbys(fleet))
        .hasSize(4)
        .allMatch(standby -> standby.running.isEmpty())
        .allMatch(standby -> item(fleet, standby).leaseTime().equals(F.multipliedBy(5)));
    fleet.workers.values().forEach(worker -> worker.way.requests.clear());
    int moves = fleet.gains;

    fleet.advance(F.multipliedBy(12));

    assertThat(standbys(fleet)).allMatch(standby -> standby.way.count() <= 15 + 6 + 4);
    assertThat(fleet.gains).as("nothing moves").isEqualTo(moves);
  }

  @Test
  void a_dead_workers_shard_is_claimed_in_time_and_then_given_to_a_standby() {
    var fleet = asleep(6, 2);
    var dead = holder(fleet);
    dead.kill();

    fleet.advanceUntil(F.multipliedBy(12).dividedBy(10).plusSeconds(1), fleet::allOwned);
    fleet.longestGap.clear();
    fleet.advanceUntil(F.multipliedBy(2), fleet::balanced);

    fleet.advance(F.multipliedBy(4)); // Who saw a free shard was awake for a while.
    assertThat(fleet.longestGap.values()).allMatch(gap -> gap.compareTo(Duration.ofSeconds(1)) < 0);
    assertThat(standbys(fleet)).hasSize(3);
  }

  @Test
  void a_leaving_workers_shard_goes_to_who_is_awake() {
    var fleet = asleep(6, 2);
    fleet.longestGap.clear();
    var leaving = holder(fleet);

    leaving.leave(Duration.ofSeconds(10));
    fleet.advanceUntil(Duration.ofSeconds(5), () -> leaving.left && fleet.allOwned());

    assertThat(fleet.longestGap.values()).allMatch(gap -> gap.compareTo(Duration.ofSeconds(1)) < 0);
    fleet.advanceUntil(F.multipliedBy(10), fleet::balanced);
  }

  @Test
  void one_worker_without_shards_stays_awake_where_only_one_holds_any() {
    var fleet = asleep(4, 1);
    assertThat(standbys(fleet)).hasSize(2);

    holder(fleet).kill();

    fleet.advanceUntil(F.multipliedBy(12).dividedBy(10).plusSeconds(1), fleet::allOwned);
    fleet.advance(F.multipliedBy(3));
    assertThat(standbys(fleet).stream().filter(TestFleet.TestWorker::here)).hasSize(1);
  }

  @Test
  void standbys_inherit_though_all_who_were_awake_die_at_once() {
    var fleet = asleep(6, 2);
    var asleep = standbys(fleet);
    fleet.workers.values().stream()
        .filter(worker -> !asleep.contains(worker))
        .forEach(w -> w.kill());

    fleet.advanceUntil(F.multipliedBy(2).plusSeconds(2), fleet::allOwned);
  }

  @Test
  void a_standby_that_is_cut_off_for_less_than_its_lease_time_is_not_buried() {
    var fleet = asleep(6, 2);
    var cut = standbys(fleet).get(0);
    var before = item(fleet, cut).incarnation();
    cut.way.down = true;

    fleet.advance(F.multipliedBy(2));
    cut.way.down = false;
    fleet.advance(F.multipliedBy(5));

    assertThat(item(fleet, cut).livesAs(before)).isTrue();
  }

  /** Whoever counted the silence of a table that was away would bury all but the first to beat. */
  @Test
  void a_table_that_is_out_of_reach_for_longer_than_the_lease_time_costs_no_life() {
    // It comes back just before a standby looks again, for the second time since it went away.
    for (int before = 0; before <= 400; before += 25) {
      var fleet = asleep(6, 2);
      var lives = fleet.workers.values().stream().map(worker -> item(fleet, worker)).toList();
      var standby = standbys(fleet).get(0);
      int looks = standby.way.requests.get("workers");
      fleet.advanceUntil(F, () -> standby.way.requests.get("workers") > looks);
      fleet.advance(Duration.ofMillis(50));
      fleet.workers.values().forEach(worker -> worker.way.down = true);

      fleet.advance(F.multipliedBy(16).dividedBy(10).minusMillis(50 + before));
      fleet.workers.values().forEach(worker -> worker.way.down = false);
      fleet.advance(F.multipliedBy(3));

      assertThat(fleet.workers.values().stream().map(worker -> item(fleet, worker)))
          .as("back %d ms before the look", before)
          .zipSatisfy(lives, (now, then) -> assertThat(now.livesAs(then.incarnation())).isTrue());
    }
  }

  @Test
  void a_roll_is_over_when_it_is_over_though_who_was_restarted_sleeps() {
    var fleet = asleep(6, 2);
    for (var standby : standbys(fleet)) {
      standby.leave(Duration.ofSeconds(5));
      fleet.advanceUntil(Duration.ofSeconds(8), () -> standby.left);
      fleet.advance(Duration.ofSeconds(3));
      fleet.start(standby.id);
      fleet.advance(Duration.ofSeconds(3));
    }
    fleet.advance(F.multipliedBy(12));
    assertThat(standbys(fleet)).hasSize(4);

    var leaving = holder(fleet);
    leaving.leave(Duration.ofSeconds(5));

    fleet.advanceUntil(Duration.ofSeconds(5), () -> leaving.left && fleet.allOwned());
    fleet.advanceUntil(F.multipliedBy(2), fleet::balanced);
  }

  @Test
  void all_wake_when_there_are_shards_for_all() {
    var fleet = asleep(6, 2);
    for (var parent : new String[] {"shard-0000", "shard-0001"}) {
      var owner = fleet.worker(fleet.ownerOf(fleet.stream.key(parent)).orElseThrow());
      owner.end(
          parent,
          fleet.stream.add(parent + "-a", parent),
          fleet.stream.add(parent + "-b", parent),
          fleet.stream.add(parent + "-c", parent));
    }

    fleet.advanceUntil(F.multipliedBy(6), () -> fleet.allOwned() && standbys(fleet).isEmpty());
    fleet.advanceUntil(F.multipliedBy(6), fleet::balanced);
  }
}
