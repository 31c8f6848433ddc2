package io.headrace.lease;

import static io.headrace.lease.TestFleet.F;
import static io.headrace.lease.TestFleet.settled;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Heartbeat items that somebody deletes, and puts back, while their workers live or are dead. */
class DeletedHeartbeatTest {
  private static final Duration SECOND = Duration.ofSeconds(1);

  private static Stored<WorkerItem> delete(TestFleet fleet, String id) {
    var item = LeaseTableContract.await(fleet.table.worker("app", id)).orElseThrow();
    LeaseTableContract.await(fleet.table.delete("app", item));
    return item;
  }

  /** As a copy that was kept: of a lower revision than the worker had beaten to. */
  private static void putBack(TestFleet fleet, Stored<WorkerItem> item) {
    LeaseTableContract.await(fleet.table.create("app", item.item(), item.nonce()));
  }

  @Test
  void a_dead_workers_item_that_was_deleted_by_hand_keeps_nobody_from_its_shards() {
    var fleet = settled(4, "ann", "bob", "cyd");
    fleet.worker("bob").kill();
    delete(fleet, "bob");

    fleet.advanceUntil(F.multipliedBy(4), fleet::allOwned);
    assertThat(fleet.worker("ann").running.size() + fleet.worker("cyd").running.size())
        .isEqualTo(4);
  }

  @Test
  void a_living_worker_whose_item_was_deleted_by_hand_starts_anew_and_nobody_delivers_beside_it() {
    var fleet = settled(4, "ann", "bob");
    delete(fleet, "bob");

    fleet.advanceUntil(F.multipliedBy(4), () -> fleet.worker("bob").lostCount() > 0);
    fleet.advanceUntil(F.multipliedBy(6), fleet::balanced);
  }

  @Test
  void a_silent_workers_item_that_is_deleted_and_put_back_is_judged_anew() {
    var fleet = settled(4, "ann", "bob");
    fleet.worker("bob").kill();
    var item = delete(fleet, "bob");
    fleet.advance(F.plus(SECOND));
    putBack(fleet, item);

    fleet.advance(F.minus(SECOND));
    assertThat(fleet.allOwned()).isFalse();
    fleet.advanceUntil(F.multipliedBy(2), fleet::allOwned);
  }

  @Test
  void a_dead_workers_item_that_was_deleted_by_hand_is_looked_for_as_seldom_as_the_fleet() {
    var fleet = settled(4, "ann", "bob");
    fleet.worker("bob").kill();
    delete(fleet, "bob");
    fleet.advance(F.multipliedBy(2));
    fleet.worker("ann").way.requests.clear();

    fleet.advance(F.multipliedBy(2));

    assertThat(fleet.worker("ann").way.requests.getOrDefault("worker", 0)).isLessThanOrEqualTo(30);
  }

  @Test
  void while_its_leases_are_held_the_deleted_item_is_hardly_asked_for() {
    var fleet = settled(16, "ann", "bob", "cyd");
    fleet.worker("bob").kill();
    delete(fleet, "bob");
    var way = fleet.worker("ann").way;
    way.requests.clear();

    fleet.advance(F.multipliedBy(2).minus(SECOND));

    assertThat(fleet.ownersWithout("bob")).isFalse();
    assertThat(way.requests.getOrDefault("worker", 0)).isLessThanOrEqualTo(4);
    fleet.advanceUntil(F, fleet::allOwned);
  }

  @Test
  void an_older_copy_of_a_dead_workers_item_that_is_put_back_is_buried() {
    var fleet = settled(4, "ann", "bob");
    fleet.worker("bob").kill();
    putBack(fleet, delete(fleet, "bob"));

    fleet.advance(F);
    assertThat(fleet.allOwned()).isFalse();
    fleet.advanceUntil(F.multipliedBy(2), fleet::allOwned);
  }

  @Test
  void what_a_living_worker_loses_with_its_item_is_free_as_soon_as_it_starts_anew() {
    var fleet = settled(8, "ann", "bob");
    delete(fleet, "bob");
    fleet.advanceUntil(F, () -> fleet.worker("bob").lostCount() > 0);

    fleet.advanceUntil(SECOND.multipliedBy(4), fleet::allOwned);
  }

  /** However long before the item is put back its claimer asked for it the last time. */
  @Test
  void an_item_put_back_in_time_is_believed_by_who_had_asked_for_it_and_slept() {
    for (int millis = 0; millis < 2_000; millis += 100) {
      var fleet = settled(4, "ann", "bob");
      fleet.worker("bob").way.down = true;
      var item = delete(fleet, "bob");
      fleet.worker("ann").way.slow = Duration.ofMillis(300);
      fleet.advance(F.plus(SECOND.multipliedBy(3)).plusMillis(millis));
      fleet.worker("ann").lease.pause();
      fleet.advance(SECOND);
      putBack(fleet, item);
      fleet.worker("bob").way.down = false;
      fleet.advance(SECOND.multipliedBy(8));

      fleet.worker("ann").lease.resume();
      fleet.advance(F);

      assertThat(fleet.worker("bob").running).as("%s ms", millis).isNotEmpty();
    }
  }

  @Test
  void who_is_put_back_when_others_have_its_shards_is_buried_and_starts_anew() {
    var fleet = settled(4, "ann", "bob");
    fleet.worker("bob").way.down = true;
    var item = delete(fleet, "bob");
    fleet.advanceUntil(F.multipliedBy(3), () -> fleet.ownersWithout("bob"));

    putBack(fleet, item);
    fleet.advance(SECOND.multipliedBy(3));
    fleet.worker("bob").way.down = false;

    fleet.advanceUntil(F, () -> fleet.worker("bob").lostCount() > 0);
    fleet.advanceUntil(F.multipliedBy(3), fleet::balanced);
  }

  @Test
  void the_items_of_all_may_go_at_once() {
    var fleet = settled(8, "ann", "bob", "cyd", "dan");
    fleet.worker("bob").kill();
    fleet.worker("cyd").lease.pause();
    for (var id : fleet.workers.keySet()) {
      delete(fleet, id);
    }
    fleet.advance(F.multipliedBy(2));
    fleet.worker("cyd").lease.resume();

    fleet.advanceUntil(F.multipliedBy(3), fleet::balanced);
  }

  @Test
  void the_shards_of_a_paused_worker_go_over_while_it_sleeps_and_it_starts_anew() {
    for (int millis = 0; millis < 4_000; millis += 1_000) {
      var fleet = settled(4, "ann", "bob");
      fleet.advance(Duration.ofMillis(millis));
      fleet.worker("bob").lease.pause();
      fleet.advance(F.minus(SECOND));
      delete(fleet, "bob");

      fleet.advanceUntil(F.multipliedBy(2), () -> fleet.ownersWithout("bob"));
      fleet.worker("bob").lease.resume();
      fleet.advanceUntil(F.multipliedBy(3), fleet::balanced);
    }
  }

  @Test
  void one_that_starts_under_the_id_whose_item_was_deleted_takes_part_at_once() {
    for (int millis = 0; millis < 22_000; millis += 1_000) {
      var fleet = settled(4, "ann", "bob");
      fleet.worker("bob").kill();
      delete(fleet, "bob");
      fleet.advance(Duration.ofMillis(millis));

      fleet.start("bob");
      fleet.advanceUntil(F.multipliedBy(3), fleet::balanced);
    }
  }

  @Test
  void a_fleet_is_balanced_again_when_some_have_forgotten_a_worker_and_others_have_not() {
    var fleet = settled(12, "ann", "bob", "cyd");
    fleet.worker("bob").kill();
    delete(fleet, "bob");
    fleet.worker("ann").way.stalePercent = 80;
    fleet.advance(F.multipliedBy(3));
    fleet.start("dan");

    fleet.advanceUntil(F.multipliedBy(3), fleet::balanced);
  }
}
