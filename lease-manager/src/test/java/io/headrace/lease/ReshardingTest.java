package io.headrace.lease;

import static io.headrace.lease.TestFleet.F;
import static org.assertj.core.api.Assertions.assertThat;

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

  @Test
  void a_child_whose_ender_died_before_it_said_so_is_found_by_the_audit() {
    var fleet = settled(3, 2, "ann", "bob");
    fleet.stream.add("left", "shard-0000");
    fleet.stream.add("right", "shard-0000");
    var ender = ownerOf(fleet, "shard-0000");

    ender.running.remove(fleet.stream.key("shard-0000"));
    ender.coordinator.ended(fleet.stream.key("shard-0000"));
    fleet.advance(Duration.ofMillis(100));
    ender.kill();

    fleet.advanceUntil(
        F.multipliedBy(5),
        () -> fleet.allOwned(List.of(fleet.stream.key("left"), fleet.stream.key("right"))));
  }

  @Test
  void a_waiting_child_known_to_the_roster_is_found_by_the_audit_too() {
    var fleet = settled(4, 2, "ann", "bob");
    fleet.stream.add("left", "shard-0000");
    fleet.advance(F.multipliedBy(4)); // the audit makes its row, which awaits the parent
    assertThat(fleet.row(fleet.stream.key("left")).awaits()).hasSize(1);
    var ender = ownerOf(fleet, "shard-0000");

    ender.running.remove(fleet.stream.key("shard-0000"));
    ender.coordinator.ended(fleet.stream.key("shard-0000"));

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
