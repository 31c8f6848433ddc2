package io.headrace.lease;

import static io.headrace.lease.TestFleet.F;
import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.kcl.ShardKey;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is taken away for good, and what is not. */
class SweepTest {
  private static final Duration SWEPT = F.multipliedBy(30).plus(F.multipliedBy(6));

  private final TestFleet fleet = new TestFleet(31, 2);

  private List<String> workerIds() {
    return LeaseTableContract.await(fleet.table.workers("app")).stream()
        .map(item -> item.item().incarnation().workerId())
        .toList();
  }

  private boolean hasBook(String id) {
    return LeaseTableContract.await(fleet.table.book("app", id)).isPresent();
  }

  private boolean hasRow(ShardKey shard) {
    return LeaseTableContract.await(fleet.table.lease("app", shard)).isPresent();
  }

  private boolean inRoster(ShardKey shard) {
    return LeaseTableContract.await(fleet.table.roster("app", shard.stream())).stream()
        .anyMatch(part -> part.item().shards().containsKey(shard.shard()));
  }

  @Test
  void items_and_books_of_workers_that_have_gone_are_taken_away_when_no_lease_names_them() {
    fleet.start("ann", "bob", "cyd");
    fleet.advanceUntil(F.multipliedBy(3), fleet::allOwned);
    fleet.worker("bob").kill();
    fleet.worker("cyd").leave(Duration.ofSeconds(1));
    fleet.advance(F.multipliedBy(20));
    assertThat(workerIds()).containsExactly("ann", "bob", "cyd");

    fleet.advance(SWEPT);

    assertThat(workerIds()).containsExactly("ann");
    assertThat(hasBook("ann")).isTrue();
    assertThat(hasBook("bob")).isFalse();
    assertThat(hasBook("cyd")).isFalse();
    assertThat(fleet.allOwned()).isTrue();
  }

  @Test
  void a_worker_id_that_was_swept_can_be_used_again() {
    fleet.start("ann", "bob");
    fleet.advanceUntil(F.multipliedBy(3), fleet::allOwned);
    fleet.worker("bob").kill();
    fleet.advance(SWEPT.plus(F.multipliedBy(2)));
    assertThat(workerIds()).containsExactly("ann");

    fleet.start("bob");

    fleet.advanceUntil(F.multipliedBy(4), fleet::balanced);
  }

  @Test
  void while_a_lease_names_one_that_has_gone_its_item_stays() {
    fleet.start("ann", "bob");
    fleet.advanceUntil(F.multipliedBy(3), fleet::balanced);
    var shard = fleet.worker("bob").running.keySet().iterator().next();
    fleet.worker("bob").kill();
    fleet.advanceUntil(F.multipliedBy(3), fleet::allOwned);
    // As if a claim of the dead had arrived late, for a shard that nobody claims.
    fleet.stream.add("shard-late");
    var late = fleet.stream.key("shard-late");
    var bob = LeaseTableContract.await(fleet.table.worker("app", "bob")).orElseThrow().item();
    var row =
        LeaseRow.free(
                late,
                io.headrace.kcl.Shard.root("shard-late"),
                0,
                java.util.Set.of(),
                java.util.Set.of())
            .ownedBy(bob.incarnation())
            .asEnded();
    assertThat(row.owner()).isNull();
    var named =
        new LeaseRow(
            late, List.of(), row.range(), bob.incarnation(), 1, true, row.awaits(), null, null);
    LeaseTableContract.await(fleet.table.create("app", named, "planted"));

    fleet.advance(SWEPT.plus(SWEPT));

    assertThat(workerIds()).contains("bob");
    assertThat(fleet.ownerOf(shard)).contains("ann");
  }

  @Test
  void the_row_of_an_ended_shard_stays_while_the_stream_lists_it_or_a_child_names_it() {
    var parent = fleet.stream.key("shard-0000");
    fleet.start("ann");
    fleet.advanceUntil(F.multipliedBy(3), fleet::allOwned);
    var left = fleet.stream.add("shard-left", "shard-0000");
    var right = fleet.stream.add("shard-right", "shard-0000");
    fleet.worker("ann").end("shard-0000", left, right);
    fleet.advance(F.multipliedBy(40));
    assertThat(hasRow(parent)).as("while it is listed").isTrue();

    fleet.stream.forget("shard-0000");
    fleet.advance(F.multipliedBy(40));
    assertThat(hasRow(parent)).as("while children name it").isTrue();

    endAndForget("shard-left");
    endAndForget("shard-right");
    fleet.advance(F.multipliedBy(40));

    for (var shard : List.of(parent, fleet.stream.key("shard-left"))) {
      assertThat(hasRow(shard)).as("row of %s", shard).isFalse();
      assertThat(inRoster(shard)).as("roster entry of %s", shard).isFalse();
    }
    assertThat(fleet.row(fleet.stream.key("shard-0001")).ended()).isFalse();
  }

  private void endAndForget(String shard) {
    fleet.worker("ann").end(shard);
    fleet.advance(F);
    fleet.stream.forget(shard);
  }

  @Test
  void a_list_that_lacks_a_shard_once_takes_nothing_away() {
    var parent = fleet.stream.key("shard-0000");
    fleet.start("ann");
    fleet.advanceUntil(F.multipliedBy(3), fleet::allOwned);
    fleet.worker("ann").end("shard-0000");
    fleet.advance(F);
    for (int i = 0; i < 10; i++) {
      fleet.stream.forget("shard-0000");
      fleet.advance(F.multipliedBy(4));
      fleet.stream.add("shard-0000");
      fleet.advance(F.multipliedBy(4));
    }

    assertThat(hasRow(parent)).isTrue();
    assertThat(fleet.row(parent).ended()).isTrue();
  }

  @Test
  void the_stream_is_listed_by_one_worker_for_all() {
    fleet.start("ann", "bob", "cyd", "dan", "eve");
    fleet.advanceUntil(F.multipliedBy(3), fleet::allOwned);
    int before = fleet.stream.listings;

    fleet.advance(F.multipliedBy(30));

    assertThat(fleet.stream.listings - before).isBetween(9, 21);
  }

  @Test
  void when_the_one_that_lists_dies_another_does() {
    fleet.start("ann", "bob");
    fleet.advanceUntil(F.multipliedBy(3), fleet::allOwned);
    for (var id : List.of("ann", "bob")) {
      var survivor = id.equals("ann") ? "bob" : "ann";
      fleet.worker(id).kill();
      fleet.advance(F.multipliedBy(2));
      var added = fleet.stream.add("shard-after-" + id);
      fleet.advanceUntil(
          F.multipliedBy(5), () -> fleet.ownerOf(fleet.stream.key(added.id().value())).isPresent());
      fleet.start(id);
      fleet.advance(F.multipliedBy(3));
      assertThat(fleet.worker(survivor).here()).isTrue();
    }
  }
}
