package io.headrace.lease;

import static io.headrace.lease.TestFleet.F;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** A worker's book that somebody deleted by hand, while its heartbeat item stands. */
class BookTest {
  private static TestFleet withoutBookOf(String id) {
    var fleet = new TestFleet(1, 6);
    fleet.start("ann", "bob");
    fleet.advanceUntil(F, fleet::balanced);
    fleet.advance(F);
    var book = LeaseTableContract.await(fleet.table.book("app", id)).orElseThrow();
    assertThat(LeaseTableContract.await(fleet.table.delete("app", book))).isTrue();
    return fleet;
  }

  private static Book book(TestFleet fleet, String id) {
    return LeaseTableContract.await(fleet.table.book("app", id)).orElseThrow().item();
  }

  @Test
  void a_deleted_book_is_missed_at_the_next_write_and_its_worker_starts_anew() {
    var fleet = withoutBookOf("ann");

    fleet.start("cyd"); // Of what ann has it is to get some, so ann's book changes.
    fleet.advanceUntil(F.multipliedBy(9), fleet::balanced);

    assertThat(book(fleet, "ann").holdings()).isEqualTo(fleet.worker("ann").running.keySet());
    assertThat(fleet.worker("ann").running).hasSize(2);
  }

  @Test
  void a_deleted_book_is_missed_in_the_end_where_nothing_is_written() {
    var fleet = withoutBookOf("ann");

    fleet.advance(F.multipliedBy(61));
    fleet.advanceUntil(F, fleet::allOwned);

    assertThat(book(fleet, "ann").holdings()).isEqualTo(fleet.worker("ann").running.keySet());
  }

  @Test
  void who_has_lost_its_book_leaves_in_order() {
    var fleet = withoutBookOf("ann");

    fleet.worker("ann").leave(F.multipliedBy(2));
    fleet.advanceUntil(F.multipliedBy(3), () -> fleet.ownersWithout("ann"));

    fleet.advanceUntil(F, () -> fleet.worker("ann").left);
  }
}
