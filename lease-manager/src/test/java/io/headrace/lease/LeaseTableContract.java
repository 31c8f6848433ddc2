package io.headrace.lease;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.kcl.HashRange;
import io.headrace.kcl.Incarnation;
import io.headrace.kcl.Shard;
import io.headrace.kcl.ShardId;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StreamId;
import io.headrace.lease.RosterPart.Standing;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every lease table must do. */
public abstract class LeaseTableContract {
  private static final StreamId STREAM =
      new StreamId("orders", Instant.parse("2026-01-02T03:04:05Z"));
  private static final ShardKey SHARD = new ShardKey(STREAM, new ShardId("shardId-000000000007"));
  private static final Incarnation ANN = new Incarnation("ann", "1");
  private static final Incarnation BOB = new Incarnation("bob", "1");
  private static final Duration F = Duration.ofSeconds(10);

  private LeaseTable table;

  protected abstract LeaseTable newTable();

  @BeforeEach
  void prepare() {
    table = newTable();
    await(table.prepare());
  }

  public static <T> T await(CompletionStage<T> stage) {
    try {
      return stage.toCompletableFuture().get(60, TimeUnit.SECONDS);
    } catch (java.util.concurrent.ExecutionException failed) {
      if (failed.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new AssertionError(failed.getCause());
    } catch (InterruptedException | TimeoutException stuck) {
      throw new AssertionError(stuck);
    }
  }

  private static <T extends LeaseItem> Stored<T> applied(CompletionStage<Written<T>> write) {
    var written = await(write);
    assertThat(written).isInstanceOf(Written.Applied.class);
    return ((Written.Applied<T>) written).now();
  }

  private static <T extends LeaseItem> Stored<T> refused(CompletionStage<Written<T>> write) {
    var written = await(write);
    assertThat(written).isInstanceOf(Written.Refused.class);
    return ((Written.Refused<T>) written).found();
  }

  private static final Instant NOON = Instant.parse("2026-01-31T12:00:00Z");

  private static LeaseRow row() {
    return LeaseRow.free(SHARD, Shard.root(SHARD.shard().value()), 0, Set.of(), Set.of());
  }

  @Test
  void an_item_that_was_never_created_is_absent() {
    assertThat(await(table.lease("app", SHARD))).isEmpty();
    assertThat(await(table.worker("app", "ann"))).isEmpty();
    assertThat(await(table.book("app", "ann"))).isEmpty();
    assertThat(await(table.roster("app", STREAM))).isEmpty();
    assertThat(await(table.workers("app"))).isEmpty();
  }

  @Test
  void a_notice_comes_with_the_roll_and_is_no_worker() {
    assertThat(await(table.roll("app")).notice()).isEmpty();
    var made = applied(table.create("app", new Notice(3), "n1"));
    assertThat(await(table.roll("app"))).isEqualTo(new Roll(List.of(), Optional.of(made)));

    var next = applied(table.update("app", made, new Notice(4), "t2"));

    assertThat(await(table.roll("app")).notice()).contains(next);
    assertThat(refused(table.create("app", new Notice(1), "n2"))).isEqualTo(next);
    assertThat(await(table.roll("other")).notice()).isEmpty();
    assertThat(await(table.surveyWorkers("app")).found()).isEmpty();
  }

  @Test
  void a_row_keeps_why_it_is_so() {
    var reason = new LeaseReason(LeaseReason.Kind.GIVEN_UP, NOON, "f failed with x");
    var row = row().released(ANN).because(reason);
    var made = applied(table.create("app", row, "n1"));

    assertThat(await(table.lease("app", SHARD))).contains(made);
    assertThat(await(table.surveyLeases("app", SHARD.bucket())).found()).containsExactly(made);
    assertThat(made.item().reason()).hasToString("given up: f failed with x");
  }

  @Test
  void a_created_item_is_read_back_with_revision_1() {
    var made = applied(table.create("app", row(), "n1"));

    assertThat(made).isEqualTo(new Stored<>(row(), "n1", 1, "n1"));
    assertThat(await(table.lease("app", SHARD))).contains(made);
  }

  @Test
  void preparing_twice_is_harmless() {
    applied(table.create("app", row(), "n1"));

    await(table.prepare());

    assertThat(await(table.lease("app", SHARD))).isPresent();
  }

  @Test
  void only_the_first_of_two_creators_is_served_and_the_second_sees_what_lies_there() {
    var made = applied(table.create("app", row(), "n1"));

    assertThat(refused(table.create("app", row().ownedBy(ANN), "n2"))).isEqualTo(made);
  }

  @Test
  void a_creation_sent_again_after_a_lost_answer_counts_as_applied() {
    var made = applied(table.create("app", row(), "n1"));

    assertThat(applied(table.create("app", row(), "n1"))).isEqualTo(made);
  }

  @Test
  void an_update_raises_the_revision_and_keeps_the_nonce() {
    var made = applied(table.create("app", row(), "n1"));

    var owned = applied(table.update("app", made, made.item().ownedBy(ANN), "t2"));

    assertThat(owned).isEqualTo(new Stored<>(row().ownedBy(ANN), "n1", 2, "t2"));
    assertThat(await(table.lease("app", SHARD))).contains(owned);
  }

  @Test
  void an_update_of_what_changed_meanwhile_is_refused_and_changes_nothing() {
    var made = applied(table.create("app", row(), "n1"));
    var anns = applied(table.update("app", made, made.item().ownedBy(ANN), "ta"));

    var found = refused(table.update("app", made, made.item().ownedBy(BOB), "tb"));

    assertThat(found).isEqualTo(anns);
    assertThat(await(table.lease("app", SHARD))).contains(anns);
  }

  @Test
  void an_update_sent_again_after_a_lost_answer_counts_as_applied_once() {
    var made = applied(table.create("app", row(), "n1"));
    var owned = applied(table.update("app", made, made.item().ownedBy(ANN), "t2"));

    assertThat(applied(table.update("app", made, made.item().ownedBy(ANN), "t2"))).isEqualTo(owned);
  }

  @Test
  void a_late_copy_of_an_old_update_is_refused_after_later_writes_of_the_same_owner() {
    var made = applied(table.create("app", row(), "n1"));
    var owned = applied(table.update("app", made, made.item().ownedBy(ANN), "t2"));
    var released = applied(table.update("app", owned, owned.item().released(null), "t3"));

    assertThat(refused(table.update("app", made, made.item().ownedBy(ANN), "t2")))
        .isEqualTo(released);
  }

  @Test
  void an_update_never_creates() {
    var never = new Stored<>(row(), "n1", 1, "n1");

    assertThat(refused(table.update("app", never, row().ownedBy(ANN), "t2"))).isNull();
    assertThat(await(table.lease("app", SHARD))).isEmpty();
  }

  @Test
  void an_item_of_another_creation_is_not_updated() {
    var made = applied(table.create("app", row(), "n2"));
    var former = new Stored<>(row(), "n1", 1, "n1");

    assertThat(refused(table.update("app", former, row().ownedBy(ANN), "t2"))).isEqualTo(made);
  }

  @Test
  void a_lease_keeps_every_field_and_loses_those_that_are_taken_back() {
    var range = new HashRange(BigInteger.ONE, BigInteger.ONE.shiftLeft(127));
    var parents = List.of(new ShardId("z"), new ShardId("a"));
    var full =
        new LeaseRow(SHARD, parents, range, ANN, 9, false, Set.of(new ShardId("a")), BOB, BOB);
    var ended = new LeaseRow(SHARD, parents, range, null, 9, true, Set.of(), null, null);
    var bare = new LeaseRow(SHARD, parents, range, null, 9, false, Set.of(), null, null);

    var made = applied(table.create("app", full, "n1"));
    assertThat(await(table.lease("app", SHARD)).orElseThrow().item()).isEqualTo(full);

    var over = applied(table.update("app", made, ended, "t2"));
    assertThat(await(table.lease("app", SHARD)).orElseThrow().item()).isEqualTo(ended);

    applied(table.update("app", over, bare, "t3"));
    assertThat(await(table.lease("app", SHARD)).orElseThrow().item()).isEqualTo(bare);
  }

  @Test
  void what_an_application_is_is_kept_and_replaced() {
    var streams = new TreeSet<>(Set.of("orders", "clicks"));
    var made = applied(table.create("app", new ApplicationItem(streams, ANN), "n1"));
    assertThat(await(table.application("app"))).contains(made);
    assertThat(await(table.application("other"))).isEmpty();

    streams.remove("clicks");
    var now = applied(table.update("app", made, new ApplicationItem(streams, BOB), "t2"));
    assertThat(await(table.application("app"))).contains(now);
  }

  @Test
  void an_item_is_deleted_as_it_was_seen_and_only_then() {
    var made = applied(table.create("app", TestItems.free(SHARD), "n1"));
    var newer = applied(table.update("app", made, TestItems.owned(made.item(), ANN), "t2"));

    assertThat(await(table.delete("app", made))).isFalse();
    assertThat(await(table.lease("app", SHARD))).contains(newer);

    assertThat(await(table.delete("app", newer))).isTrue();
    assertThat(await(table.delete("app", newer))).as("sent again").isTrue();
    assertThat(await(table.lease("app", SHARD))).isEmpty();
  }

  @Test
  void an_item_that_was_made_again_is_not_deleted_for_the_former() {
    var former = applied(table.create("app", TestItems.free(SHARD), "n1"));
    assertThat(await(table.delete("app", former))).isTrue();
    var later = applied(table.create("app", TestItems.free(SHARD), "n2"));

    assertThat(await(table.delete("app", former))).isFalse();
    assertThat(await(table.lease("app", SHARD))).contains(later);
  }

  @Test
  void a_worker_keeps_every_field_through_its_life() {
    var first = WorkerItem.starting(ANN, F);
    var made = applied(table.create("app", first, "n1"));
    assertThat(await(table.worker("app", "ann")).orElseThrow().item()).isEqualTo(first);

    var busy = first.publishing(WorkerItem.State.DRAINING, 7, 8, -9);
    var beaten = applied(table.update("app", made, busy, "t2"));
    assertThat(await(table.worker("app", "ann")).orElseThrow().item()).isEqualTo(busy);

    var dead = busy.buried(List.of(BOB));
    var buried = applied(table.update("app", beaten, dead, "t3"));
    assertThat(await(table.worker("app", "ann")).orElseThrow().item()).isEqualTo(dead);

    var next = WorkerItem.replacing(busy, new Incarnation("ann", "2"), F);
    applied(table.update("app", buried, next, "t4"));
    assertThat(await(table.worker("app", "ann")).orElseThrow().item()).isEqualTo(next);
    assertThat(next.replaced()).isEqualTo(ANN);
    assertThat(next.grace()).isEqualTo(F);
  }

  @Test
  void a_book_keeps_every_field_and_loses_those_that_are_taken_back() {
    var other = new ShardKey(new StreamId("clicks", Instant.EPOCH), new ShardId("s"));
    var full =
        new Book(
            ANN,
            new Profile(
                4,
                new Deployment("v1.2", Map.of("alarms", 3)),
                Instant.ofEpochSecond(5),
                Set.of("orders", "bills")),
            Set.of(SHARD, other),
            Map.of(SHARD, BOB),
            Set.of(other),
            Map.of(SHARD, 8, other, 2));

    var made = applied(table.create("app", full, "n1"));
    assertThat(await(table.book("app", "ann")).orElseThrow().item()).isEqualTo(full);

    var empty = Book.empty(ANN, TestItems.profile(1, ""));
    applied(table.update("app", made, empty, "t2"));
    assertThat(await(table.book("app", "ann")).orElseThrow().item()).isEqualTo(empty);
  }

  @Test
  void a_roster_is_read_by_stream_in_order_of_parts() {
    var again = new StreamId("orders", STREAM.created().plusSeconds(1));
    for (int part : new int[] {10, 2, 0}) {
      applied(table.create("app", part(STREAM, part, "s" + part), "n" + part));
    }
    applied(table.create("app", part(again, 0, "x"), "nx"));

    var parts = await(table.roster("app", STREAM));

    assertThat(parts.stream().map(part -> part.item().part())).containsExactly(0, 2, 10);
    assertThat(parts.get(1).item()).isEqualTo(part(STREAM, 2, "s2"));
  }

  private static RosterPart part(StreamId stream, int number, String prefix) {
    var shards = new TreeMap<ShardId, Standing>();
    for (var standing : Standing.values()) {
      shards.put(new ShardId(prefix + standing), standing);
    }
    return new RosterPart(stream, number, shards);
  }

  @Test
  void workers_are_those_of_one_application() {
    var anns = applied(table.create("app", WorkerItem.starting(ANN, F), "n1"));
    var bobs = applied(table.create("app", WorkerItem.starting(BOB, F), "n2"));
    applied(table.create("app2", WorkerItem.starting(BOB, F), "n3"));

    assertThat(await(table.workers("app"))).containsExactlyInAnyOrder(anns, bobs);
  }

  @Test
  void a_bucket_holds_its_leases_of_one_application() {
    var made = applied(table.create("app", row(), "n1"));
    applied(table.create("app2", row(), "n2"));

    assertThat(await(table.leases("app", SHARD.bucket()))).containsExactly(made);
    assertThat(await(table.leases("app", (SHARD.bucket() + 1) % ShardKey.BUCKETS))).isEmpty();
  }

  @Test
  void two_who_race_for_one_revision_never_both_win() {
    var made = applied(table.create("app", row(), "n1"));
    var claims =
        java.util.stream.IntStream.range(0, 16)
            .mapToObj(
                i -> {
                  var who = new Incarnation("w" + i, "1");
                  return table.update("app", made, made.item().ownedBy(who), "t" + i);
                })
            .toList();

    var owners =
        claims.stream()
            .map(LeaseTableContract::await)
            .filter(Written.Applied.class::isInstance)
            .map(written -> ((Written.Applied<LeaseRow>) written).now().item().owner())
            .toList();

    assertThat(owners).hasSize(1);
    var stored = await(table.lease("app", SHARD)).orElseThrow().item();
    assertThat(Objects.requireNonNull(stored.owner())).isEqualTo(owners.get(0));
  }

  private CompletionStage<Written<WorkerItem>> beat(
      Stored<WorkerItem> seen, long revision, String token) {
    var next = seen.item().publishing(WorkerItem.State.ACTIVE, 1, 1, 1);
    return table.beat("app", seen, next, revision, token);
  }

  @Test
  void a_heartbeat_need_not_know_whether_the_last_ones_arrived() {
    var made = applied(table.create("app", WorkerItem.starting(ANN, F), "n1"));
    applied(beat(made, 2, "t2"));

    var later = applied(beat(made, 5, "t5"));

    assertThat(later.revision()).isEqualTo(5);
    assertThat(await(table.worker("app", "ann"))).contains(later);
  }

  @Test
  void a_worker_that_drains_goes_on_beating() {
    var made = applied(table.create("app", WorkerItem.starting(ANN, F), "n1"));
    var leaves = made.item().publishing(WorkerItem.State.DRAINING, 1, 1, 1);
    applied(table.beat("app", made, leaves, 2, "t2"));

    assertThat(applied(table.beat("app", made, leaves, 3, "t3")).revision()).isEqualTo(3);
  }

  @Test
  void a_late_heartbeat_changes_nothing() {
    var made = applied(table.create("app", WorkerItem.starting(ANN, F), "n1"));
    var later = applied(beat(made, 5, "t5"));

    assertThat(refused(beat(made, 4, "t4"))).isEqualTo(later);
    assertThat(refused(beat(made, 5, "t4"))).isEqualTo(later);
    assertThat(applied(beat(made, 5, "t5"))).isEqualTo(later);
  }

  @Test
  void a_heartbeat_never_revives_the_buried_or_the_departed() {
    for (var end : List.of(WorkerItem.State.BURIED, WorkerItem.State.DEPARTED)) {
      var who = new Incarnation("worker-" + end, "1");
      var made = applied(table.create("app", WorkerItem.starting(who, F), "n" + end));
      var gone =
          applied(table.update("app", made, made.item().publishing(end, 0, 0, 0), "t" + end));

      assertThat(refused(beat(made, 9, "late" + end))).isEqualTo(gone);
    }
  }

  @Test
  void a_heartbeat_of_a_replaced_life_is_refused() {
    var made = applied(table.create("app", WorkerItem.starting(ANN, F), "n1"));
    var next = WorkerItem.replacing(made.item(), new Incarnation("ann", "2"), F);
    var replaced = applied(table.update("app", made, next, "t2"));

    assertThat(refused(beat(made, 9, "t9"))).isEqualTo(replaced);
  }

  @Test
  void a_heartbeat_never_creates_and_never_touches_another_creation() {
    var former = new Stored<>(WorkerItem.starting(ANN, F), "n0", 1, "n0");
    assertThat(refused(beat(former, 9, "t9"))).isNull();

    var made = applied(table.create("app", WorkerItem.starting(ANN, F), "n1"));
    assertThat(refused(beat(former, 9, "t9"))).isEqualTo(made);
  }
}
