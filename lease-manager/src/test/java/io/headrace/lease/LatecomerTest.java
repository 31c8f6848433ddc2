package io.headrace.lease;

import static io.headrace.lease.TestFleet.F;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.kcl.Incarnation;
import io.headrace.kcl.Shard;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** A former life of a worker id that goes on with its registration after it was replaced. */
class LatecomerTest {
  private static final Duration SECOND = Duration.ofSeconds(1);

  private static TestFleet settled(long seed, int shards, String... workers) {
    var fleet = new TestFleet(seed, shards);
    fleet.start(workers);
    fleet.advanceUntil(F.multipliedBy(3), fleet::balanced);
    return fleet;
  }

  private static boolean inTable(TestFleet fleet, String id) {
    return LeaseTableContract.await(fleet.table.worker("app", id)).isPresent();
  }

  private static Stored<Book> book(TestFleet fleet, String id) {
    return LeaseTableContract.await(fleet.table.book("app", id)).orElseThrow();
  }

  /** Wherever in its registration it is held up: before its book is open, or after. */
  @Test
  void who_was_replaced_while_it_registered_leaves_the_book_to_its_successor() {
    for (int millis = 0; millis < 60; millis += 2) {
      var fleet = settled(millis, 6, "ann");
      var former = fleet.start("bob");
      fleet.advanceUntil(SECOND, () -> inTable(fleet, "bob"));
      fleet.advance(Duration.ofMillis(millis));
      former.lease.pause();
      var successor = fleet.start("bob");
      fleet.advanceUntil(SECOND, successor.started::isDone);

      former.lease.resume();
      fleet.advance(SECOND);

      var who = "held up after " + millis + " ms";
      assertThat(book(fleet, "bob").item().owner())
          .as(who)
          .isEqualTo(
              LeaseTableContract.await(fleet.table.worker("app", "bob"))
                  .orElseThrow()
                  .item()
                  .incarnation());
      fleet.advanceUntil(F.multipliedBy(4), fleet::balanced);
      assertThat(successor.running).as(who).hasSize(3);
      assertThat(former.running).as(who).isEmpty();
    }
  }

  @Test
  void who_was_replaced_before_its_book_was_open_does_not_start_and_says_why() {
    var fleet = settled(1, 2, "ann");
    var former = fleet.start("bob");
    fleet.advanceUntil(SECOND, () -> inTable(fleet, "bob"));
    former.lease.pause();
    fleet.advanceUntil(SECOND, fleet.start("bob").started::isDone);

    former.lease.resume();
    fleet.advance(SECOND);

    assertThatThrownBy(former.started::join)
        .hasMessageContaining("another process registered under this worker id");
    assertThat(former.coordinator.stop().toCompletableFuture()).isCompleted();
  }

  @Test
  void who_was_declared_dead_before_its_book_was_open_registers_again() {
    var fleet = settled(2, 6, "ann");
    var bob = fleet.start("bob");
    fleet.advanceUntil(SECOND, () -> inTable(fleet, "bob"));
    bob.lease.pause();
    fleet.advance(F.multipliedBy(2));

    bob.lease.resume();

    fleet.advanceUntil(F.multipliedBy(4), fleet::balanced);
    assertThat(bob.started).isCompleted();
  }

  @Test
  void a_worker_whose_book_a_former_life_emptied_takes_it_back_and_serves() {
    var fleet = settled(3, 6, "ann", "bob");
    var bob = fleet.worker("bob");
    empty(fleet, "bob");
    var children =
        new Shard[] {fleet.stream.add("left", parent(bob)), fleet.stream.add("right", parent(bob))};

    bob.end(parent(bob), children);

    fleet.advanceUntil(SECOND, fleet::allOwned);
    fleet.advance(SECOND);
    assertThat(book(fleet, "bob").item().holdings())
        .containsExactlyInAnyOrderElementsOf(bob.running.keySet());
    fleet.start("cyd");
    fleet.advanceUntil(F.multipliedBy(4), fleet::balanced);
  }

  private static String parent(TestFleet.TestWorker worker) {
    return worker.running.keySet().iterator().next().shard().value();
  }

  @Test
  void a_book_that_was_emptied_before_anybody_saw_it_is_taken_back_by_the_audit() {
    var fleet = settled(4, 6, "ann", "bob");
    empty(fleet, "ann");
    empty(fleet, "bob");

    fleet.start("cyd");

    fleet.advanceUntil(F.multipliedBy(70), fleet::balanced);
    assertThat(fleet.worker("cyd").running).hasSize(2);
  }

  /** As a life of the same worker id would that registered long ago. */
  private static void empty(TestFleet fleet, String id) {
    var nobody = Book.empty(new Incarnation(id, "former"), TestItems.profile(1, ""));
    LeaseTableContract.await(fleet.table.update("app", book(fleet, id), nobody, "planted"));
  }
}
