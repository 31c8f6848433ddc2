package io.headrace.lease;

import static io.headrace.lease.TestFleet.F;
import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.kcl.ShardId;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReshardingTest {
  private static final Duration SECOND = Duration.ofSeconds(1);

  private static TestFleet settled(long seed, int shards, String... workers) {
    var fleet = new TestFleet(seed, shards);
    fleet.start(workers);
    fleet.advanceUntil(F.multipliedBy(3), fleet::balanced);
    fleet.advance(F);
    return fleet;
  }

  private static TestFleet.TestWorker ownerOf(TestFleet fleet, String shard) {
    return fleet.worker(fleet.ownerOf(fleet.stream.key(shard)).orElseThrow());
  }

  @Test
  void children_of_a_split_run_within_a_second_and_the_parent_never_again() {
    var fleet = settled(1, 4, "ann", "bob");
    var left = fleet.stream.add("left", "shard-0001");
    var right = fleet.stream.add("right", "shard-0001");
    var parent = fleet.stream.key("shard-0001");
    long parentEpoch = fleet.row(parent).epoch();

    ownerOf(fleet, "shard-0001").end("shard-0001", left, right);

    var children = List.of(fleet.stream.key("left"), fleet.stream.key("right"));
    fleet.advanceUntil(SECOND, () -> fleet.allOwned(children));
    fleet.advance(F.multipliedBy(12)); // several audits, while the stream still lists the parent
    assertThat(fleet.ownerOf(parent)).isEmpty();
    assertThat(fleet.row(parent).ended()).isTrue();
    children.forEach(child -> assertThat(fleet.row(child).epoch()).isGreaterThan(parentEpoch));
  }

  @Test
  void a_merge_child_of_parents_at_two_workers_waits_for_both_and_runs_once() {
    for (int seed = 0; seed < 20; seed++) {
      var fleet = settled(seed, 2, "ann", "bob");
      var child = fleet.stream.add("merged", "shard-0000", "shard-0001");
      var key = fleet.stream.key("merged");
      var first = ownerOf(fleet, "shard-0000");
      var second = ownerOf(fleet, "shard-0001");
      assertThat(first).isNotSameAs(second);

      first.end("shard-0000", child);
      if (seed > 0) {
        fleet.advance(Duration.ofMillis(seed - 1)); // from at once to long after
      }
      if (seed == 10) {
        fleet.advance(F.multipliedBy(4));
        assertThat(fleet.ownerOf(key)).isEmpty();
      }
      second.end("shard-0001", child);

      fleet.advanceUntil(SECOND, () -> fleet.ownerOf(key).isPresent());
      fleet.advance(F.multipliedBy(4));
      assertThat(fleet.row(key).awaits()).isEmpty();
    }
  }

  /**
   * As when a shard is split and one of its children merged at once: found by a simulated course.
   */
  @Test
  void a_list_that_is_older_than_a_child_says_nothing_of_its_other_parent() {
    var fleet = settled(6, 2, "ann", "bob");
    fleet.stream.remember();
    fleet.stream.add("young");
    var merged = fleet.stream.add("merged", "shard-0000", "young");
    fleet.stream.oldListings = 3;

    ownerOf(fleet, "shard-0000").end("shard-0000", merged);
    fleet.advance(SECOND.multipliedBy(5));

    assertThat(fleet.row(fleet.stream.key("merged")).awaits())
        .containsExactly(new ShardId("young"));
    assertThat(fleet.ownerOf(fleet.stream.key("merged"))).isEmpty();
  }

  @Test
  void a_child_whose_ender_died_before_it_said_so_is_found_by_the_audit() {
    var fleet = settled(3, 2, "ann", "bob");
    fleet.stream.add("left", "shard-0000");
    fleet.stream.add("right", "shard-0000");
    var ender = ownerOf(fleet, "shard-0000");

    ender.endSilently(fleet.stream.key("shard-0000"));
    fleet.advance(Duration.ofMillis(100));
    ender.kill();

    fleet.advanceUntil(
        F.multipliedBy(5),
        () -> fleet.allOwned(List.of(fleet.stream.key("left"), fleet.stream.key("right"))));
  }

  @Test
  void who_makes_leases_claims_them_without_reading_them_first() {
    var fleet = new TestFleet(8, 50);
    var ann = fleet.start("ann");

    fleet.advanceUntil(SECOND, fleet::allOwned);

    assertThat(ann.way.requests).doesNotContainKey("lease");
    assertThat(ann.way.requests.get("create LeaseRow")).isEqualTo(50);
    assertThat(ann.way.requests.get("update LeaseRow")).isEqualTo(50);
  }

  @Test
  void who_stops_as_it_ends_a_shard_leaves_children_that_run_within_a_second() {
    for (int seed = 0; seed < 30; seed++) {
      var fleet = settled(seed, 2, "ann", "bob");
      var left = fleet.stream.add("left", "shard-0000");
      var right = fleet.stream.add("right", "shard-0000");
      var ender = ownerOf(fleet, "shard-0000");
      ender.way.slow = Duration.ofMillis(20);

      ender.end("shard-0000", left, right);
      if (seed > 0) {
        fleet.advance(Duration.ofMillis(3L * (seed - 1)));
      }
      ender.leave(Duration.ZERO);

      var children = List.of(fleet.stream.key("left"), fleet.stream.key("right"));
      fleet.advanceUntil(F.dividedBy(5).plus(SECOND), () -> fleet.allOwned(children));
    }
  }

  @Test
  void a_child_whose_ender_died_is_found_with_its_parent() {
    var fleet = settled(3, 2, "ann", "bob");
    fleet.stream.add("left", "shard-0000");
    var parent = fleet.stream.key("shard-0000");
    var ender = ownerOf(fleet, "shard-0000");

    ender.endSilently(parent);
    while (!fleet.row(parent).ended()) {
      fleet.advance(Duration.ofMillis(1));
    }
    ender.kill(); // before the answer came, so the roster still says that the parent runs

    fleet.advanceUntil(
        F.multipliedBy(12).dividedBy(10).plus(SECOND),
        () -> fleet.ownerOf(fleet.stream.key("left")).isPresent());
  }

  @Test
  void a_waiting_child_known_to_the_roster_is_found_by_the_audit_too() {
    var fleet = settled(4, 2, "ann", "bob");
    fleet.stream.add("left", "shard-0000");
    fleet.advance(F.multipliedBy(4)); // the audit makes its row, which awaits the parent
    assertThat(fleet.row(fleet.stream.key("left")).awaits()).hasSize(1);
    var ender = ownerOf(fleet, "shard-0000");

    ender.endSilently(fleet.stream.key("shard-0000"));

    fleet.advanceUntil(
        F.multipliedBy(4), () -> fleet.ownerOf(fleet.stream.key("left")).isPresent());
  }

  @Test
  void a_new_application_runs_closed_parents_first() {
    var fleet = new TestFleet(5, 2);
    fleet.stream.add("left", "shard-0000");
    fleet.stream.add("grandchild", "left");
    fleet.start("ann");

    fleet.advance(F);

    assertThat(fleet.worker("ann").running.keySet())
        .containsExactly(fleet.stream.key("shard-0000"), fleet.stream.key("shard-0001"));
  }

  @Test
  void a_parent_that_the_stream_forgot_holds_nobody_up() {
    var fleet = new TestFleet(6, 0);
    fleet.stream.add("left", "long-gone");
    fleet.start("ann");

    fleet.advanceUntil(SECOND, fleet::allOwned);
    assertThat(parentsToldOf(fleet, "ann", "left")).isEmpty();
  }

  /** For which parents the functions of a worker are told to wait. */
  private static List<ShardId> parentsToldOf(TestFleet fleet, String worker, String shard) {
    return fleet.worker(worker).running.get(fleet.stream.key(shard)).description().parents();
  }

  @Test
  void of_two_parents_the_one_that_the_stream_forgot_is_not_waited_for() {
    var fleet = new TestFleet(8, 1);
    fleet.stream.add("merged", "shard-0000", "long-gone");
    fleet.start("ann");
    fleet.advanceUntil(SECOND, () -> fleet.ownerOf(fleet.stream.key("shard-0000")).isPresent());
    var merged = fleet.stream.key("merged");
    assertThat(fleet.row(merged).parents()).containsExactly(new ShardId("shard-0000"));
    assertThat(fleet.ownerOf(merged)).isEmpty();

    fleet.worker("ann").end("shard-0000");

    fleet.advanceUntil(F.multipliedBy(4), () -> fleet.ownerOf(merged).isPresent());
    assertThat(parentsToldOf(fleet, "ann", "merged")).isEmpty();
  }

  @Test
  void a_child_names_its_parent_for_as_long_as_a_function_is_busy_there() {
    var fleet = settled(9, 1, "ann");
    var left = fleet.stream.add("left", "shard-0000");
    var parent = fleet.stream.key("shard-0000");

    fleet
        .worker("ann")
        .coordinator
        .runnable(parent, List.of(left)); // one of its functions ended it

    fleet.advanceUntil(SECOND, () -> fleet.ownerOf(fleet.stream.key("left")).isPresent());
    assertThat(parentsToldOf(fleet, "ann", "left")).containsExactly(parent.shard());
    assertThat(fleet.ownerOf(parent)).isPresent();
  }

  @Test
  void a_merge_child_names_both_parents_while_either_may_be_busy() {
    var fleet = settled(10, 2, "ann");
    var merged = fleet.stream.add("merged", "shard-0000", "shard-0001");
    var ann = fleet.worker("ann");

    ann.coordinator.runnable(fleet.stream.key("shard-0000"), List.of(merged));
    fleet.advance(F.multipliedBy(4));
    assertThat(fleet.ownerOf(fleet.stream.key("merged"))).isEmpty();
    ann.coordinator.runnable(fleet.stream.key("shard-0001"), List.of(merged));

    fleet.advanceUntil(SECOND, () -> fleet.ownerOf(fleet.stream.key("merged")).isPresent());
    assertThat(parentsToldOf(fleet, "ann", "merged")).hasSize(2);
  }

  @Test
  void a_worker_that_comes_later_is_told_of_no_parent_whose_lease_has_ended() {
    var fleet = settled(11, 1, "ann");
    var left = fleet.stream.add("left", "shard-0000");
    var right = fleet.stream.add("right", "shard-0000");
    var ann = fleet.worker("ann");
    ann.coordinator.runnable(fleet.stream.key("shard-0000"), List.of(left, right));
    fleet.advance(SECOND);
    assertThat(parentsToldOf(fleet, "ann", "left")).hasSize(1);
    ann.end("shard-0000", left, right);
    fleet.advance(SECOND);
    ann.leave(Duration.ofSeconds(1));
    fleet.advanceUntil(Duration.ofSeconds(2), () -> ann.left);

    // With a function that no worker had when the parent was run.
    fleet.start("bob");

    fleet.advanceUntil(SECOND, fleet::allOwned);
    assertThat(parentsToldOf(fleet, "bob", "left")).isEmpty();
    assertThat(parentsToldOf(fleet, "bob", "right")).isEmpty();
  }

  @Test
  void a_parent_that_waits_itself_is_made_by_the_audit_when_its_maker_died() {
    var fleet = settled(12, 2, "ann");
    var ann = fleet.worker("ann");
    // shard-0000 splits into left and right, right merges with shard-0001 before anyone knows.
    fleet.stream.add("left", "shard-0000");
    fleet.stream.add("right", "shard-0000");
    var merged = fleet.stream.add("merged", "right", "shard-0001");
    ann.end("shard-0001", merged);
    ann.endSilently(fleet.stream.key("shard-0000"));
    fleet.advance(SECOND);
    assertThat(fleet.row(fleet.stream.key("merged")).awaits())
        .containsExactly(new ShardId("right"));

    fleet.advanceUntil(
        F.multipliedBy(5), () -> fleet.ownerOf(fleet.stream.key("right")).isPresent());
  }

  @Test
  void children_are_shared_out_after_a_while() {
    var fleet = settled(7, 2, "ann", "bob");
    var ender = ownerOf(fleet, "shard-0000");
    var children = new io.headrace.kcl.Shard[6];
    for (int i = 0; i < children.length; i++) {
      children[i] = fleet.stream.add("child-" + i, "shard-0000");
    }
    fleet.stream.forget("shard-0000");

    ender.end("shard-0000", children);

    fleet.advanceUntil(F.multipliedBy(3), fleet::balanced);
  }
}
