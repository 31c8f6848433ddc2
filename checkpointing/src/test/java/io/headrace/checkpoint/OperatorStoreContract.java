package io.headrace.checkpoint;

import static io.headrace.checkpoint.Answers.answer;
import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.kcl.CommitParts;
import io.headrace.kcl.LeaseToken;
import io.headrace.kcl.Position;
import io.headrace.kcl.Progress;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StartingPosition;
import java.math.BigInteger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What every store promises to operators, beside an owner who writes. */
public abstract class OperatorStoreContract {
  private static final ShardKey SHARD = ShardKey.parse("orders@1700000000/shardId-000000000001");
  private static final ProgressKey KEY = new ProgressKey(SHARD, "alarms");
  private static final LeaseToken ANN = LeaseToken.parse("ann#1!1");
  private static final LeaseToken BOB = LeaseToken.parse("bob#1!2");
  private static final Instant NOON = Instant.parse("2026-01-31T12:00:00Z");

  /** The store under test, empty at the beginning of each test. */
  protected abstract CheckpointStore store();

  private OperatorStore operator() {
    return store().operator();
  }

  @Test
  void orders_come_back_as_they_were_given_by_number() {
    var all =
        List.of(
            order(1, Optional.empty(), Optional.empty(), new Order.Deed.Pause()),
            order(2, Optional.of(SHARD), Optional.of("käy \n1"), new Order.Deed.Pause()),
            order(3, Optional.of(SHARD), Optional.empty(), new Order.Deed.Resume()),
            order(
                4,
                Optional.of(SHARD),
                Optional.empty(),
                new Order.Deed.Seek(StartingPosition.at(NOON))),
            order(
                5,
                Optional.of(SHARD),
                Optional.of("key"),
                new Order.Deed.Skip(Position.parse("49:7"))),
            order(6, Optional.empty(), Optional.empty(), new Order.Deed.Anew()),
            order(
                7,
                Optional.empty(),
                Optional.empty(),
                new Order.Deed.Seek(StartingPosition.at(NOON), Optional.of("snapshot:friday"))),
            order(
                8,
                Optional.empty(),
                Optional.empty(),
                new Order.Deed.Erase(BigInteger.ONE.shiftLeft(127))));
    for (int i = all.size() - 1; i >= 0; i--) {
      assertThat(answer(operator().give(all.get(i)))).isTrue();
    }

    assertThat(answer(operator().orders())).isEqualTo(new Orders(all, List.of()));
  }

  @Test
  void a_number_is_given_once() {
    var first = order(1, Optional.empty(), Optional.empty(), new Order.Deed.Pause());
    answer(operator().give(first));

    var second = order(1, Optional.of(SHARD), Optional.empty(), new Order.Deed.Resume());
    assertThat(answer(operator().give(second))).isFalse();
    assertThat(answer(operator().orders()).given()).containsExactly(first);

    answer(operator().forget(List.of(first)));
    answer(operator().forget(List.of(first)));
    assertThat(answer(operator().orders())).isEqualTo(Orders.NONE);
  }

  @Test
  void a_move_refuses_the_owners_next_commit_and_is_found_by_the_next_seal() {
    var sealed = answer(store().seal(KEY, ANN, "n"));
    answer(store().commit(commit(sealed, "a", 7, CommitParts.of("state", new byte[] {1}))));
    var seen = answer(operator().progress(KEY));
    assertThat(seen.rev()).isEqualTo(2);

    assertThat(answer(operator().move(seen, StartingPosition.after(Position.of(3)), 9))).isTrue();

    var late = new WriteClaim(KEY, ANN, 2, "n", "b");
    assertThat(
            answer(
                store()
                    .commit(
                        new CheckpointStore.Commit(late, through(8), CommitParts.NONE, Set.of()))))
        .isEqualTo(new WriteAnswer.Moved());
    var again = answer(store().seal(KEY, ANN, "n"));
    assertThat(again.progress()).isEqualTo(through(3));
    assertThat(again.parts()).contains(CommitParts.NONE);
    assertThat(again.fencingToken()).as("rises").isEqualTo(sealed.fencingToken() + 1);
    assertThat(again.moved()).contains(new Moved(3, 9, StartingPosition.after(Position.of(3))));
    assertThat(answer(store().commit(commit(again, "c", 4, CommitParts.NONE))))
        .isEqualTo(new WriteAnswer.Applied());
    assertThat(answer(store().seal(KEY, BOB, "n")).progress()).isEqualTo(through(4));
  }

  @Test
  void a_move_keeps_what_is_parked_and_what_is_to_be_sent_and_no_state() {
    var sealed = answer(store().seal(KEY, ANN, "n"));
    var parts =
        new CommitParts(
            Map.of(
                "state",
                new byte[] {1},
                CommitParts.PARKED,
                new byte[] {2, 3},
                CommitParts.OUTBOX,
                new byte[] {4}));
    answer(store().commit(commit(sealed, "a", 7, parts)));

    answer(operator().move(answer(operator().progress(KEY)), StartingPosition.TRIM_HORIZON, 9));

    assertThat(answer(store().seal(KEY, BOB, "n")).parts())
        .contains(
            new CommitParts(
                Map.of(CommitParts.PARKED, new byte[] {2, 3}, CommitParts.OUTBOX, new byte[] {4})));
  }

  @Test
  void an_installed_commit_is_what_the_next_seal_goes_on_from_beside_what_outlives_a_move() {
    var sealed = answer(store().seal(KEY, ANN, "n"));
    var before =
        new CommitParts(Map.of("state", new byte[] {1}, CommitParts.PARKED, new byte[] {2, 3}));
    answer(store().commit(commit(sealed, "a", 7, before)));
    var ranges = new ArrayList<Progress.Range>();
    for (int i = 0; i < 9; i++) {
      ranges.add(new Progress.Range(Position.of(10 + 3L * i), Position.of(11 + 3L * i)));
    }
    var from = StartingPosition.after(Position.of(3));
    for (int few : List.of(9, 2, 0)) {
      var progress = new Progress(Optional.of(Position.of(3)), ranges.subList(0, few));
      var seen = answer(operator().progress(KEY));
      var parts = CommitParts.of("state", new byte[] {4, (byte) few});

      assertThat(answer(operator().install(seen, from, progress, parts, 9))).isTrue();

      assertThat(answer(operator().install(seen, from, progress, parts, 9)))
          .as("it is not as it was seen")
          .isFalse();
      var item = answer(store().seal(KEY, BOB, "n"));
      assertThat(item.progress()).isEqualTo(progress);
      assertThat(item.parts())
          .contains(parts.with(CommitParts.of(CommitParts.PARKED, new byte[] {2, 3})));
      assertThat(item.fencingToken()).isGreaterThan(sealed.fencingToken());
    }
  }

  @Test
  void what_nobody_sealed_goes_on_from_what_was_installed() {
    var absent = answer(operator().progress(KEY));
    var parts = CommitParts.of("state", new byte[] {4});

    assertThat(
            answer(
                operator()
                    .install(absent, StartingPosition.after(Position.of(5)), through(5), parts, 1)))
        .isTrue();

    var item = answer(store().seal(KEY, ANN, "n"));
    assertThat(item.progress()).isEqualTo(through(5));
    assertThat(item.parts()).contains(parts);
  }

  @Test
  void a_move_of_what_was_written_since_it_was_seen_changes_nothing() {
    var sealed = answer(store().seal(KEY, ANN, "n"));
    var seen = answer(operator().progress(KEY));
    answer(store().commit(commit(sealed, "a", 7, CommitParts.NONE)));

    assertThat(answer(operator().move(seen, StartingPosition.TRIM_HORIZON, 1))).isFalse();
    assertThat(answer(operator().progress(KEY)).item().orElseThrow().progress())
        .isEqualTo(through(7));
  }

  @Test
  void a_move_to_a_time_forgets_what_was_finished() {
    var sealed = answer(store().seal(KEY, ANN, "n"));
    answer(store().commit(commit(sealed, "a", 7, CommitParts.NONE)));

    answer(operator().move(answer(operator().progress(KEY)), StartingPosition.at(NOON), 1));

    var item = answer(store().seal(KEY, BOB, "n"));
    assertThat(item.progress()).isEqualTo(Progress.NONE);
    assertThat(item.moved().orElseThrow().to()).isEqualTo(StartingPosition.at(NOON));
  }

  @Test
  void what_nobody_sealed_can_be_moved_and_begins_there() {
    var absent = answer(operator().progress(KEY));
    assertThat(absent).isEqualTo(ProgressRow.absent(KEY));
    var place = StartingPosition.after(Position.of(5));
    assertThat(answer(operator().move(absent, place, 1))).isTrue();
    assertThat(answer(operator().move(absent, place, 2))).isFalse();

    var item = answer(store().seal(KEY, ANN, "n"));

    assertThat(item.progress()).isEqualTo(through(5));
    assertThat(item.fencingToken()).isEqualTo(2);
    assertThat(item.nonce()).isEqualTo("n");
  }

  @Test
  void what_is_ended_can_not_be_moved() {
    var sealed = answer(store().seal(KEY, ANN, "n"));
    var left = new EndedParent(1, StartingPosition.TRIM_HORIZON, CommitParts.NONE);
    answer(store().end(new CheckpointStore.End(claim(sealed, "e"), through(7), left, List.of())));

    var seen = answer(operator().progress(KEY));
    assertThat(answer(operator().move(seen, StartingPosition.TRIM_HORIZON, 1))).isFalse();
  }

  @Test
  void a_bucket_shows_every_item_in_it() {
    answer(store().seal(KEY, ANN, "n"));
    answer(store().seal(new ProgressKey(SHARD, "audit"), ANN, "n"));

    var found = answer(operator().progress(SHARD.bucket()));

    assertThat(found.faults()).isEmpty();
    assertThat(found.rows())
        .extracting(row -> row.key().function())
        .containsExactly("alarms", "audit");
    assertThat(answer(operator().progress((SHARD.bucket() + 1) % ShardKey.BUCKETS)).rows())
        .isEmpty();
  }

  private static Order order(
      long number, Optional<ShardKey> shard, Optional<String> key, Order.Deed deed) {
    return new Order(number, "alarms", shard, key, deed, "ann@desk", NOON, "why not");
  }

  private static WriteClaim claim(ProgressItem item, String attempt) {
    return new WriteClaim(KEY, item.token(), item.rev(), item.nonce(), attempt);
  }

  private static CheckpointStore.Commit commit(
      ProgressItem item, String attempt, long through, CommitParts parts) {
    return new CheckpointStore.Commit(claim(item, attempt), through(through), parts, Set.of());
  }

  private static Progress through(long sequence) {
    return new Progress(Optional.of(Position.of(sequence)), List.of());
  }
}
