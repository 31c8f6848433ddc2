package io.headrace.lease;

import static io.headrace.lease.TestFleet.F;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.kcl.LeaseEvent;
import io.headrace.kcl.LeaseException;
import io.headrace.kcl.LeaseToken;
import io.headrace.kcl.StreamException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class HeartbeatCoordinatorTest {
  private static final Duration FAILOVER =
      F.multipliedBy(12).dividedBy(10).plus(Duration.ofSeconds(1));
  private static final Duration SECOND = Duration.ofSeconds(1);

  private static TestFleet settled(long seed, int shards, String... workers) {
    var fleet = new TestFleet(seed, shards);
    fleet.start(workers);
    fleet.advanceUntil(F.multipliedBy(3), fleet::balanced);
    fleet.advance(F.multipliedBy(2));
    return fleet;
  }

  @Test
  void a_worker_alone_on_a_new_table_has_its_first_shard_within_a_second() {
    var fleet = new TestFleet(1, 12);
    fleet.start("ann");

    fleet.advanceUntil(SECOND, fleet::allOwned);

    assertThat(fleet.worker("ann").started).isCompleted();
  }

  @Test
  void workers_that_start_together_share_without_a_move() {
    var fleet = new TestFleet(2, 12);
    fleet.start("ann", "bob", "cyd");

    fleet.advanceUntil(Duration.ofSeconds(2), fleet::balanced);
    fleet.advance(F.multipliedBy(3));

    assertThat(fleet.gains).isEqualTo(12);
  }

  @Test
  void a_killed_workers_shards_run_again_within_a_fifth_above_the_lease_time() {
    for (int seed = 0; seed < 20; seed++) {
      var fleet = settled(seed, 12, "ann", "bob", "cyd");
      fleet.advance(Duration.ofMillis(397L * seed));

      fleet.worker("bob").kill();

      fleet.advanceUntil(FAILOVER, fleet::allOwned);
    }
  }

  @Test
  void a_notice_of_orders_reaches_every_worker_within_one_look_and_once() {
    var fleet = settled(3, 4, "ann", "bob");

    var unused = fleet.table.create("app", new Notice(7), "n");
    fleet.advance(F.dividedBy(5).plusMillis(100));

    for (var id : List.of("ann", "bob")) {
      assertThat(fleet.worker(id).events).contains(new LeaseEvent.OrdersGiven(7));
    }
    fleet.advance(F.multipliedBy(5));
    assertThat(fleet.worker("ann").events.stream().filter(LeaseEvent.OrdersGiven.class::isInstance))
        .hasSize(1);
  }

  @Test
  void rows_say_why_their_leases_are_where_they_are() {
    var fleet = settled(3, 4, "ann", "bob");
    assertThat(reasons(fleet)).allMatch("CLAIMED_FREE"::equals);

    fleet.worker("bob").kill();
    fleet.advanceUntil(FAILOVER, fleet::allOwned);
    assertThat(reasons(fleet)).contains("CLAIMED_FROM_GONE");

    fleet.start("cyd");
    fleet.advanceUntil(F.multipliedBy(2), fleet::balanced);
    fleet.advance(F);
    assertThat(reasons(fleet)).contains("MOVED_FOR_BALANCE");

    fleet.worker("ann").leave(Duration.ofSeconds(5));
    fleet.advance(F);
    assertThat(reasons(fleet)).contains("HANDED_OVER_AT_STOP");
  }

  private static List<String> reasons(TestFleet fleet) {
    return fleet.stream.keys().stream()
        .map(shard -> Objects.requireNonNull(fleet.row(shard).reason()).kind().name())
        .toList();
  }

  @Test
  void the_last_of_three_takes_all() {
    var fleet = settled(3, 12, "ann", "bob", "cyd");

    fleet.worker("ann").kill();
    fleet.worker("bob").kill();

    fleet.advanceUntil(FAILOVER.plus(SECOND), fleet::allOwned);
    assertThat(fleet.worker("cyd").running).hasSize(12);
  }

  @Test
  void an_orderly_stop_hands_every_shard_over_within_a_second() {
    var fleet = settled(4, 12, "ann", "bob", "cyd");
    fleet.longestGap.clear();

    var bob = fleet.worker("bob");
    bob.leave(Duration.ofSeconds(5));

    fleet.advanceUntil(Duration.ofSeconds(6), () -> bob.left && fleet.balanced());
    assertThat(fleet.longestGap.values()).allMatch(gap -> gap.compareTo(SECOND) <= 0);
    assertThat(fleet.counts()).containsEntry("ann", 6).containsEntry("cyd", 6);
  }

  @Test
  void a_stop_without_hand_over_frees_the_shards_at_once() {
    var fleet = settled(5, 12, "ann", "bob");
    fleet.worker("bob").gone = true;

    fleet.worker("bob").running.clear();
    var unused = fleet.worker("bob").coordinator.stop();

    // One view poll, and one claim.
    fleet.advanceUntil(F.dividedBy(5).plus(SECOND), fleet::allOwned);
  }

  @Test
  void a_third_worker_gets_its_share_within_two_lease_times_without_long_gaps() {
    var fleet = settled(6, 12, "ann", "bob");
    fleet.longestGap.clear();
    int before = fleet.gains;

    fleet.start("cyd");

    fleet.advanceUntil(F.multipliedBy(2), fleet::balanced);
    fleet.advance(F.multipliedBy(3));
    assertThat(fleet.gains - before).isEqualTo(4);
    assertThat(fleet.longestGap.values()).allMatch(gap -> gap.compareTo(SECOND) <= 0);
  }

  @Test
  void a_second_worker_takes_half_of_many_within_two_lease_times() {
    var fleet = settled(7, 200, "ann");
    int before = fleet.gains;

    fleet.start("bob");

    fleet.advanceUntil(F.multipliedBy(2), fleet::balanced);
    fleet.advance(F.multipliedBy(3));
    assertThat(fleet.gains - before).isEqualTo(100);
  }

  @Test
  void nothing_moves_while_the_members_stay() {
    var fleet = settled(8, 37, "ann", "bob", "cyd", "dan", "eve");
    int before = fleet.gains;

    fleet.advance(F.multipliedBy(30));

    assertThat(fleet.gains).isEqualTo(before);
  }

  @Test
  void an_idle_worker_sends_the_same_few_requests_for_a_hundred_shards_as_for_one() {
    for (int shards : new int[] {1, 100}) {
      var fleet = settled(9, shards, "ann", "bob");
      fleet.advance(F);
      var ann = fleet.worker("ann").way;
      ann.requests.clear();

      fleet.advance(F.multipliedBy(40));

      // 2.5 heartbeats and 5 looks in a lease time; its roster and its book now and then.
      assertThat(ann.requests.keySet())
          .contains("workers", "beat")
          .isSubsetOf("workers", "beat", "roster", "book");
      assertThat(ann.count() / (40.0 * F.toSeconds())).isLessThanOrEqualTo(0.76);
    }
  }

  @Test
  void a_restart_under_the_same_id_waits_for_the_life_that_it_replaces() {
    var fleet = settled(10, 6, "ann");
    var before = fleet.worker("ann");
    before.lease.pause();

    var after = fleet.start("ann");
    fleet.advanceUntil(FAILOVER.plus(SECOND), () -> after.running.size() == 6);
    before.lease.resume();
    fleet.advance(SECOND);

    assertThat(before.running).isEmpty();
    assertThat(before.lostCount()).isEqualTo(6);
    assertThat(before.events.get(before.events.size() - 1))
        .isInstanceOfSatisfying(
            LeaseEvent.Retired.class, retired -> assertThat(retired.reason()).contains("as ann#"));
    assertThat(after.running).hasSize(6);
  }

  @Test
  void a_process_that_was_declared_dead_yields_to_one_that_was_started_since() {
    var fleet = settled(30, 6, "ann", "bob");
    var before = fleet.worker("bob");
    before.lease.pause();
    fleet.advanceUntil(FAILOVER, () -> fleet.worker("ann").running.size() == 6);
    before.way.down = true;
    before.lease.resume(); // It learns of its death only when the table answers again.
    var after = fleet.start("bob");
    fleet.advance(SECOND);

    before.way.down = false;
    fleet.advanceUntil(F.multipliedBy(3), fleet::balanced);
    fleet.advance(F.multipliedBy(3));

    assertThat(before.running).isEmpty();
    assertThat(before.events).hasAtLeastOneElementOfType(LeaseEvent.Retired.class);
    assertThat(after.running).hasSize(3);
  }

  @Test
  void a_restart_after_an_orderly_stop_waits_for_nothing() {
    var fleet = settled(11, 6, "ann");
    var ann = fleet.worker("ann");
    ann.leave(Duration.ofSeconds(1));
    fleet.advanceUntil(Duration.ofSeconds(2), () -> ann.left);

    fleet.start("ann");

    fleet.advanceUntil(SECOND, fleet::allOwned);
  }

  @Test
  void a_paused_worker_loses_all_and_comes_back_as_another_incarnation() {
    var fleet = settled(12, 12, "ann", "bob");
    var bob = fleet.worker("bob");
    bob.lease.pause();
    fleet.advanceUntil(FAILOVER, () -> fleet.worker("ann").running.size() == 12);

    bob.lease.resume();

    fleet.advanceUntil(SECOND, () -> bob.running.isEmpty());
    fleet.advanceUntil(F.multipliedBy(2), fleet::balanced);
  }

  @Test
  void a_pause_below_the_lease_time_costs_nothing() {
    var fleet = settled(13, 12, "ann", "bob");
    int before = fleet.gains;

    fleet.worker("bob").lease.pause();
    fleet.advance(Duration.ofMillis(5_500)); // after a beat of at most 4 s ago
    fleet.worker("bob").lease.resume();
    fleet.advance(F.multipliedBy(2));

    assertThat(fleet.gains).isEqualTo(before);
    assertThat(fleet.worker("bob").lostCount()).isZero();
  }

  @Test
  void a_worker_whose_own_loop_hangs_is_taken_for_dead() {
    var fleet = settled(14, 12, "ann", "bob");

    fleet.worker("bob").workerLoopHangs = true;

    fleet.advanceUntil(
        FAILOVER, () -> fleet.worker("ann").running.size() == 12 && fleet.allOwned());
  }

  private static void outage(TestFleet fleet, Duration span) {
    fleet.workers.values().forEach(worker -> worker.way.down = true);
    fleet.advance(span);
    fleet.workers.values().forEach(worker -> worker.way.down = false);
  }

  @Test
  void an_outage_of_half_a_lease_time_is_not_noticed() {
    var fleet = settled(15, 12, "ann", "bob", "cyd");
    fleet.longestGap.clear();
    int before = fleet.gains;

    outage(fleet, F.dividedBy(2));
    fleet.advance(F.multipliedBy(3));

    assertThat(fleet.gains).isEqualTo(before);
    assertThat(fleet.longestGap).isEmpty();
  }

  @Test
  void outages_of_any_length_lose_no_lease_and_one_heartbeat_proves_all_again() {
    for (double lengths : new double[] {0.9, 1.1, 10}) {
      var fleet = settled(16, 12, "ann", "bob", "cyd");
      int before = fleet.gains;

      outage(fleet, Duration.ofMillis((long) (F.toMillis() * lengths)));
      fleet.advanceUntil(SECOND, fleet::allOwned);
      fleet.advance(F.multipliedBy(3));

      assertThat(fleet.gains).isEqualTo(before);
    }
  }

  @Test
  void a_worker_cut_off_from_the_table_alone_stops_before_others_start() {
    var fleet = settled(17, 12, "ann", "bob", "cyd");

    fleet.worker("bob").way.down = true;
    fleet.advanceUntil(FAILOVER, () -> fleet.ownersWithout("bob"));
    fleet.worker("bob").way.down = false;

    fleet.advanceUntil(F.multipliedBy(2), fleet::balanced);
  }

  @Test
  void a_buried_worker_can_write_nothing_any_more() {
    var fleet = settled(18, 12, "ann", "bob");
    var bob = fleet.worker("bob");
    var shard = bob.running.keySet().iterator().next();
    bob.lease.pause();
    fleet.advanceUntil(FAILOVER, () -> fleet.worker("ann").running.size() == 12);
    var row = fleet.row(shard);

    bob.coordinator.release(shard, bob.tokenOf(shard));
    bob.coordinator.ended(shard, bob.tokenOf(shard));
    bob.lease.resume();
    fleet.advance(Duration.ofMillis(300));

    assertThat(fleet.row(shard)).isEqualTo(row);
  }

  @Test
  void what_is_said_of_a_former_tenure_does_not_touch_the_present_one() {
    var fleet = settled(31, 2, "ann", "bob");
    var bob = fleet.worker("bob");
    var former = bob.running.values().iterator().next().tenure().token().owner();
    bob.lease.pause();
    fleet.advanceUntil(FAILOVER, () -> fleet.worker("ann").running.size() == 2);
    bob.lease.resume();
    fleet.advanceUntil(SECOND, () -> bob.running.isEmpty());
    fleet.advanceUntil(F.multipliedBy(3), fleet::balanced);
    var shard = bob.running.keySet().iterator().next();
    var present = bob.tokenOf(shard);
    var row = fleet.row(shard);

    for (var token :
        List.of(
            new LeaseToken(former, present.epoch()),
            new LeaseToken(present.owner(), present.epoch() - 1))) {
      bob.coordinator.release(shard, token);
      bob.coordinator.giveUp(shard, token, "a planted failure");
      bob.coordinator.ended(shard, token);
    }
    fleet.advance(F);

    assertThat(fleet.row(shard)).isEqualTo(row);
    assertThat(fleet.ownerOf(shard)).contains("bob");
  }

  @Test
  void a_table_whose_every_answer_comes_late_costs_no_lease() {
    var fleet = settled(32, 12, "ann", "bob");
    fleet.longestGap.clear();
    int before = fleet.gains;
    for (var worker : fleet.workers.values()) {
      worker.way.slow = Duration.ofMillis(750);
    }

    fleet.advance(F.multipliedBy(10));
    assertThat(fleet.gains).isEqualTo(before);
    assertThat(fleet.longestGap).isEmpty();
  }

  @Test
  void a_taker_that_never_gets_ready_costs_the_giver_nothing() {
    var fleet = settled(19, 12, "ann", "bob");
    fleet.longestGap.clear();
    var cyd = fleet.start("cyd");
    cyd.answersOffers = false;

    fleet.advance(F.multipliedBy(5));

    assertThat(cyd.running).isEmpty();
    assertThat(fleet.allOwned()).isTrue();
    assertThat(fleet.longestGap).isEmpty();
  }

  @Test
  void a_taker_killed_between_ready_and_flip_leaves_the_shard_with_the_giver() {
    var fleet = settled(20, 12, "ann", "bob");
    fleet.workers.values().forEach(worker -> worker.drain = Duration.ofSeconds(3));
    var cyd = fleet.start("cyd");
    fleet.advanceUntil(
        F.multipliedBy(2),
        () ->
            fleet.workers.values().stream()
                .flatMap(worker -> worker.events.stream())
                .anyMatch(LeaseEvent.Wanted.class::isInstance));

    cyd.kill();

    fleet.advance(Duration.ofSeconds(3));
    fleet.advanceUntil(FAILOVER, fleet::allOwned);
    fleet.advance(F.multipliedBy(2));
    assertThat(fleet.balanced()).isTrue();
  }

  @Test
  void a_taker_that_begins_to_leave_during_a_long_drain_is_given_nothing() {
    var fleet = settled(20, 12, "ann", "bob");
    fleet.workers.values().forEach(worker -> worker.drain = Duration.ofSeconds(3));
    var cyd = fleet.start("cyd");
    fleet.advanceUntil(
        F.multipliedBy(2), () -> wanted(fleet.worker("ann")) + wanted(fleet.worker("bob")) > 0);

    cyd.leave(Duration.ofSeconds(20));

    fleet.advance(Duration.ofSeconds(8));
    assertThat(cyd.events).noneMatch(LeaseEvent.Gained.class::isInstance);
    assertThat(fleet.allOwned()).isTrue();
  }

  @Test
  void a_hand_over_that_the_taker_does_not_acknowledge_is_taken_back() {
    var fleet = settled(31, 12, "ann", "bob");
    fleet.workers.values().forEach(worker -> worker.drain = Duration.ofMillis(500));
    var cyd = fleet.start("cyd");
    fleet.advanceUntil(
        F.multipliedBy(2), () -> wanted(fleet.worker("ann")) + wanted(fleet.worker("bob")) > 0);

    cyd.lease.pause();

    // The drain, 2 s for the acknowledgement, and some looks.
    fleet.advance(Duration.ofMillis(600));
    assertThat(fleet.allOwned()).isFalse();
    fleet.advanceUntil(Duration.ofMillis(2_500), fleet::allOwned);
    assertThat(fleet.ownersWithout("cyd")).isTrue();
    cyd.lease.resume();
    fleet.advanceUntil(F.multipliedBy(2), fleet::balanced);
  }

  @Test
  void a_shard_given_up_goes_to_somebody_else() {
    var fleet = settled(21, 2, "ann", "bob");
    var ann = fleet.worker("ann");
    var shard = ann.running.keySet().iterator().next();

    ann.giveUp(shard);

    fleet.advanceUntil(Duration.ofSeconds(4), () -> fleet.worker("bob").running.containsKey(shard));
  }

  @Test
  void a_shard_given_up_by_a_worker_alone_is_tried_again_after_a_while() {
    var fleet = settled(22, 1, "ann");
    var ann = fleet.worker("ann");
    var shard = ann.running.keySet().iterator().next();

    ann.giveUp(shard);

    fleet.advance(Duration.ofSeconds(2));
    assertThat(ann.running).isEmpty();
    fleet.advanceUntil(Duration.ofSeconds(3), () -> ann.running.containsKey(shard));
  }

  private static long wanted(TestFleet.TestWorker worker) {
    return worker.events.stream().filter(LeaseEvent.Wanted.class::isInstance).count();
  }

  @Test
  void a_leaving_worker_alone_is_asked_for_everything_at_once() {
    var fleet = settled(23, 5, "ann");

    fleet.worker("ann").coordinator.draining();

    fleet.advance(Duration.ofMillis(50));
    assertThat(wanted(fleet.worker("ann"))).isEqualTo(5);
  }

  @Test
  void a_leaving_worker_whose_takers_do_not_answer_is_asked_for_everything_after_a_while() {
    var fleet = settled(24, 10, "ann", "bob");
    fleet.worker("bob").answersOffers = false;

    fleet.worker("ann").coordinator.draining();

    fleet.advance(Duration.ofMillis(2_900));
    assertThat(wanted(fleet.worker("ann"))).isZero();
    fleet.advance(Duration.ofMillis(200)); // 0.2 F + 1 s
    assertThat(wanted(fleet.worker("ann"))).isEqualTo(5);
    fleet.advanceUntil(SECOND, () -> fleet.ownersWithout("ann"));
  }

  @Test
  void lost_answers_cost_no_lease() {
    var fleet = settled(25, 12, "ann", "bob", "cyd");
    int before = fleet.gains;
    fleet
        .workers
        .values()
        .forEach(
            worker -> {
              worker.way.lostBeforePercent = 20;
              worker.way.lostAfterPercent = 20;
            });

    fleet.advance(F.multipliedBy(10));

    assertThat(fleet.gains).isEqualTo(before);
    assertThat(fleet.balanced()).isTrue();
  }

  @Test
  void old_answers_bury_nobody() {
    var fleet = settled(26, 12, "ann", "bob", "cyd");
    int before = fleet.gains;
    fleet.workers.values().forEach(worker -> worker.way.stalePercent = 70);

    fleet.advance(F.multipliedBy(20));

    assertThat(fleet.gains).isEqualTo(before);
  }

  @Test
  void a_move_whose_answers_are_lost_is_settled_and_made_once() {
    for (int seed = 0; seed < 10; seed++) {
      var fleet = settled(seed, 6, "ann");
      var ann = fleet.worker("ann");
      ann.way.lostAfterPercent = 30;
      ann.way.lostBeforePercent = 10;
      int before = fleet.gains;

      fleet.start("bob");

      fleet.advanceUntil(F.multipliedBy(4), fleet::balanced);
      assertThat(fleet.gains - before).isEqualTo(3);
    }
  }

  @Test
  void a_start_that_can_not_reach_the_table_fails_with_a_sentence() {
    var fleet = new TestFleet(27, 1);
    var ann = fleet.start("ann");
    ann.way.down = true;

    fleet.advance(SECOND);

    assertThatThrownBy(() -> LeaseTableContract.await(ann.started))
        .isInstanceOf(LeaseException.class)
        .hasMessage("table is down");
  }

  @Test
  void a_start_on_a_stream_that_does_not_exist_fails_with_a_sentence() {
    var fleet = new TestFleet(28, 1);
    fleet.stream.refusal =
        new StreamException(
            StreamException.Kind.NOT_FOUND, "stream orders does not exist: make it");
    var ann = fleet.start("ann");

    fleet.advance(SECOND);

    assertThatThrownBy(() -> LeaseTableContract.await(ann.started))
        .isInstanceOf(LeaseException.class)
        .hasMessage("stream orders does not exist: make it");
  }

  @Test
  void the_same_seed_gives_the_same_course() {
    var courses = new java.util.ArrayList<String>();
    for (int i = 0; i < 2; i++) {
      var fleet = settled(29, 12, "ann", "bob");
      fleet.worker("bob").kill();
      fleet.advance(F.multipliedBy(2));
      courses.add(fleet.toString());
    }

    assertThat(courses.get(0)).isEqualTo(courses.get(1));
  }
}
