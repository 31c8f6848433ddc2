package io.headrace.lease;

import static io.headrace.lease.FaultyTable.edited;
import static io.headrace.lease.FaultyTable.editedBook;
import static io.headrace.lease.TestFleet.F;
import static io.headrace.lease.TestFleet.settled;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.kcl.ShardKey;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** One item that nobody can read stops what depends on it, and nothing else. */
class EditedInAFleetTest {
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Duration TWO_AUDITS = F.multipliedBy(7);

  private static List<ShardKey> keys(TestFleet fleet, String... shards) {
    return Stream.of(shards).map(fleet.stream::key).toList();
  }

  @Test
  void a_parent_whose_row_is_edited_keeps_no_worker_from_starting() {
    var fleet = settled(3, "ann");
    fleet.worker("ann").leave(SECOND);
    fleet.advance(F);
    fleet.unreadable.add(edited(fleet.stream.key("shard-0001")));
    fleet.stream.add("left", "shard-0001");

    fleet.start("bob");

    var others = keys(fleet, "shard-0000", "shard-0002");
    fleet.advanceUntil(F, () -> fleet.allOwned(others));
    fleet.unreadable.clear();
    fleet.advanceUntil(F, () -> fleet.allOwned(keys(fleet, "shard-0001")));
  }

  @Test
  void an_edited_row_of_a_shard_that_no_roster_names_keeps_no_worker_from_starting() {
    var fleet = new TestFleet(5, 3);
    var edited = fleet.stream.key("shard-0001");
    fleet.unreadable.add(edited(edited));

    fleet.start("ann");

    fleet.advanceUntil(F, () -> fleet.allOwned(keys(fleet, "shard-0000", "shard-0002")));
    assertThat(fleet.ownerOf(edited)).isEmpty();
    fleet.unreadable.clear();
    fleet.advanceUntil(TWO_AUDITS, fleet::allOwned);
  }

  @Test
  void a_child_whose_row_is_edited_keeps_its_sister_waiting_for_no_longer_than_an_audit() {
    var fleet = settled(2, "ann");
    fleet.stream.add("left", "shard-0001");
    fleet.stream.add("right", "shard-0001");
    fleet.advance(TWO_AUDITS); // their rows are made, and wait
    fleet.unreadable.add(edited(fleet.stream.key("left")));

    fleet.worker("ann").endSilently(fleet.stream.key("shard-0001"));

    fleet.advanceUntil(TWO_AUDITS, () -> fleet.allOwned(keys(fleet, "right")));
    fleet.unreadable.clear();
    fleet.advanceUntil(TWO_AUDITS, () -> fleet.allOwned(keys(fleet, "left")));
  }

  @Test
  void a_worker_that_ended_a_parent_of_an_edited_child_can_stop() {
    var fleet = settled(2, "ann");
    var left = fleet.stream.add("left", "shard-0001");
    fleet.unreadable.add(edited(fleet.stream.key("left")));
    fleet.worker("ann").end("shard-0001", left);
    fleet.advance(SECOND);

    fleet.worker("ann").leave(SECOND);

    fleet.advanceUntil(SECOND.multipliedBy(4), () -> fleet.worker("ann").left);
  }

  @Test
  void a_free_lease_whose_row_is_edited_does_not_keep_a_fleet_from_balance() {
    var fleet = settled(8, "ann", "bob");
    var edited = fleet.worker("bob").running.keySet().iterator().next();
    fleet.unreadable.add(edited(edited));
    fleet.worker("bob").kill();
    fleet.advance(F.multipliedBy(6));
    assertThat(fleet.worker("ann").running).hasSize(7);

    fleet.start("cyd");

    fleet.advanceUntil(F.multipliedBy(4), () -> fleet.worker("cyd").running.size() == 3);
    assertThat(fleet.ownerOf(edited)).isEmpty();
  }

  @Test
  void an_edited_book_of_one_that_has_gone_keeps_no_other_from_being_swept() {
    var fleet = settled(2, "ann", "bob", "cyd");
    fleet.worker("bob").kill();
    fleet.advance(F.multipliedBy(3));
    fleet.unreadable.add(editedBook("bob"));
    fleet.advance(F.multipliedBy(36));
    fleet.worker("cyd").kill();

    fleet.advance(F.multipliedBy(40));

    assertThat(
            LeaseTableContract.await(fleet.table.workers("app")).stream()
                .map(item -> item.item().incarnation().workerId()))
        .containsExactly("ann", "bob");
  }

  @Test
  void a_shard_is_taken_up_again_when_its_taker_can_not_be_read() {
    var fleet = settled(2, "ann");
    fleet.worker("ann").drain = SECOND.multipliedBy(2);
    var bob = fleet.start("bob");
    fleet.advanceUntil(F.multipliedBy(4), () -> !fleet.worker("ann").wanted().isEmpty());
    fleet.unreadable.add(editedBook("bob"));
    var shard = fleet.worker("ann").wanted().get(0);
    fleet.advance(SECOND.multipliedBy(2));

    fleet.advanceUntil(SECOND, () -> fleet.ownerOf(shard).isPresent());
    assertThat(bob.running).isEmpty();
  }

  @Test
  void a_worker_whose_book_is_edited_says_so_instead_of_starting() {
    var fleet = settled(2, "ann");
    fleet.worker("ann").leave(SECOND);
    fleet.advance(F);
    fleet.unreadable.add(editedBook("ann"));

    var again = fleet.start("ann").started;

    fleet.advance(F);
    assertThat(again).isDone();
    assertThatThrownBy(again::join).hasMessageContaining("book ann was edited");
  }

  @Test
  void a_row_that_somebody_deleted_is_made_again_above_all_its_epochs() {
    var fleet = settled(2, "ann");
    var shard = fleet.stream.key("shard-0001");
    assertThat(
            LeaseTableContract.await(
                fleet.table.delete(
                    "app",
                    LeaseTableContract.await(fleet.table.lease("app", shard)).orElseThrow())))
        .isTrue();
    fleet.worker("ann").release(shard);
    fleet.advance(SECOND);
    assertThat(fleet.ownerOf(shard)).isEmpty();

    fleet.advanceUntil(TWO_AUDITS, () -> fleet.ownerOf(shard).isPresent());
  }

  @Test
  void a_heartbeat_item_that_was_put_back_by_hand_is_beaten_on_as_seldom_as_ever() {
    var fleet = settled(2, "ann");
    var item = LeaseTableContract.await(fleet.table.worker("app", "ann")).orElseThrow();
    LeaseTableContract.await(fleet.table.delete("app", item));
    LeaseTableContract.await(fleet.table.create("app", item.item(), "another"));
    int before = fleet.worker("ann").way.requests.get("beat");

    fleet.advance(F.multipliedBy(2));

    assertThat(fleet.allOwned()).isTrue();
    assertThat(fleet.worker("ann").way.requests.get("beat") - before).isLessThanOrEqualTo(7);
    assertThat(fleet.worker("ann").lostCount()).isZero();
  }
}
