package io.headrace.lease;

import static io.headrace.lease.TestFleet.F;
import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.kcl.ShardKey;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Workers of one application that do not read the same streams, as while one is added. */
class StreamsOfTheirOwnTest {
  private final TestFleet fleet = new TestFleet(1, 8);
  private final ListedStream orders = fleet.stream;
  private final ListedStream bills = new ListedStream("bills", 2);

  private void startReadingBoth(String... ids) {
    fleet.reading = List.of(orders, bills);
    fleet.start(ids);
  }

  private void startReadingBills(String... ids) {
    fleet.reading = List.of(bills);
    fleet.start(ids);
  }

  private boolean allRun() {
    return fleet.allOwned(orders.keys()) && fleet.allOwned(bills.keys());
  }

  private long bookOf(String id) {
    return LeaseTableContract.await(fleet.table.book("app", id)).orElseThrow().revision();
  }

  private List<ShardKey> ownedBy(String id) {
    return orders.keys().stream()
        .filter(shard -> fleet.ownerOf(shard).filter(id::equals).isPresent())
        .toList();
  }

  @Test
  void nobody_is_offered_shards_of_a_stream_that_it_does_not_read() {
    startReadingBoth("ann");
    fleet.advanceUntil(F, this::allRun);
    startReadingBills("bob");
    fleet.advanceUntil(F.multipliedBy(3), () -> fleet.counts().get("bob") == 2);
    fleet.advance(F.multipliedBy(8));
    long before = bookOf("ann");

    fleet.advance(F.multipliedBy(20));

    assertThat(bookOf("ann")).as("revision of the book of who can't give").isEqualTo(before);
    assertThat(ownedBy("ann")).hasSize(8);
  }

  @Test
  void those_who_read_a_stream_share_it_whoever_else_has_room() {
    startReadingBoth("ann");
    fleet.advanceUntil(F, this::allRun);
    startReadingBills("bob", "cyd");
    fleet.advance(F.multipliedBy(8));

    startReadingBoth("dan");

    fleet.advanceUntil(F.multipliedBy(3), () -> ownedBy("dan").size() == 4);
  }

  @Test
  void shards_go_at_once_to_those_who_read_them_when_a_worker_stops_or_dies() {
    startReadingBoth("ann", "dan");
    startReadingBills("bob", "cyd", "eve");
    fleet.advanceUntil(F.multipliedBy(3), this::allRun);
    fleet.advance(F.multipliedBy(8));
    fleet.longestGap.clear();

    fleet.worker("ann").leave(Duration.ofSeconds(10));
    fleet.advanceUntil(Duration.ofSeconds(5), () -> fleet.worker("ann").left);
    assertThat(ownedBy("dan")).hasSize(8);
    assertThat(fleet.longestGap.values())
        .allSatisfy(gap -> assertThat(gap).isLessThan(Duration.ofMillis(600)));

    startReadingBoth("fay");
    fleet.advance(F);
    fleet.worker("dan").kill();
    fleet.advanceUntil(
        F.multipliedBy(12).dividedBy(10).plusMillis(500), () -> ownedBy("fay").size() == 8);
  }

  @Test
  void the_chores_of_a_stream_are_done_by_those_who_read_it() {
    startReadingBoth("ann");
    startReadingBills("bob", "cyd", "dan", "eve", "fay");
    fleet.advanceUntil(F.multipliedBy(3), this::allRun);
    fleet.advance(F);

    orders.add("shard-new");

    fleet.advanceUntil(F.multipliedBy(5), () -> fleet.ownerOf(orders.key("shard-new")).isPresent());
  }

  @Test
  void who_is_never_ready_is_asked_ever_again_but_seldom_and_holds_up_nobody() {
    fleet.start("ann");
    fleet.advanceUntil(F, () -> fleet.allOwned(orders.keys()));
    fleet.start("bob").answersOffers = false;
    fleet.advance(F.multipliedBy(2));
    long before = bookOf("ann");
    fleet.advance(F.multipliedBy(18));
    assertThat(bookOf("ann") - before).as("writes of the book in 18 F").isBetween(8L, 24L);

    fleet.start("cyd");
    fleet.advanceUntil(F.multipliedBy(3), () -> fleet.counts().get("cyd") >= 3);
    fleet.worker("bob").answersOffers = true;
    fleet.advanceUntil(F.multipliedBy(6), fleet::balanced);
  }
}
