package io.headrace.checkpoint.kcl;

import static io.headrace.checkpoint.kcl.KclRows.at;
import static io.headrace.checkpoint.kcl.KclRows.id;
import static io.headrace.checkpoint.kcl.KclRows.orders;
import static io.headrace.checkpoint.kcl.KclRows.row;
import static io.headrace.checkpoint.kcl.KclRows.shard;
import static io.headrace.checkpoint.kcl.KclRows.shardId;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.checkpoint.Placement;
import io.headrace.checkpoint.kcl.KclCheckpoint.Sentinel;
import io.headrace.kcl.CheckpointException;
import io.headrace.kcl.HashRange;
import io.headrace.kcl.Position;
import io.headrace.kcl.ShardId;
import io.headrace.kcl.StartingPosition;
import io.headrace.kcl.StreamId;
import java.math.BigInteger;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** What the library's rows mean for us. */
class KclImportTest {
  private static final Instant BEGAN = Instant.parse("2026-05-01T12:00:00Z");

  @Test
  void a_checkpoint_goes_on_behind_its_record_and_proves_that_the_parents_ended() {
    var plan = plan(List.of(row(2, at(7), 0)), orders(shard(0), shard(2, 0)));

    assertThat(plan.get(shardId(2))).isEqualTo(behind(7, 0));
    assertThat(plan.get(shardId(0))).isEqualTo(ended(shard(2, 0)));
  }

  @Test
  void a_row_that_stands_behind_a_parent_in_work_is_told_and_waits_for_it() {
    var plan =
        KclImport.plan(
            "t",
            List.of(row(0, at(3)), row(2, at(7), 0)),
            List.of(orders(shard(0), shard(2, 0))),
            ImportChoices.NONE);

    assertThat(byShard(plan))
        .containsEntry(shardId(0), behind(3))
        .containsEntry(shardId(2), behind(7));
    assertThat(plan.notes())
        .containsExactly(
            "row "
                + id(2)
                + ": field checkpoint: is at 7:0, and parent row "
                + id(0)
                + " at 3:0, not at SHARD_END: the parent is read to its end first, as by the KCL");
  }

  @Test
  void an_ended_shard_is_ended_and_its_children_without_row_begin_with_their_oldest_record() {
    var plan =
        plan(List.of(row(0, Sentinel.SHARD_END)), orders(shard(0), shard(2, 0), shard(3, 0)));

    assertThat(plan.get(shardId(0))).isEqualTo(ended(shard(2, 0), shard(3, 0)));
    assertThat(plan.get(shardId(2))).isEqualTo(fromHorizon(0));
    assertThat(plan.get(shardId(3))).isEqualTo(fromHorizon(0));
  }

  @Test
  void children_of_a_shard_in_work_are_left_to_its_end() {
    var plan =
        plan(List.of(row(0, at(7))), orders(shard(0), shard(1, 0), shard(2, 0), shard(3, 1, 2)));

    assertThat(plan).containsOnlyKeys(shardId(0));
  }

  @Test
  void a_child_of_a_merge_waits_for_the_parent_that_is_in_work_only() {
    var plan =
        plan(
            List.of(row(0, Sentinel.SHARD_END), row(1, at(7))),
            orders(shard(0), shard(1), shard(2, 0, 1)));

    assertThat(plan.get(shardId(2))).isEqualTo(fromHorizon(0));
  }

  @Test
  void ancestors_whose_rows_were_cleaned_up_are_not_read_again() {
    var plan = plan(List.of(row(6, at(9), 2)), orders(shard(0), shard(2, 0), shard(6, 2)));

    assertThat(plan.get(shardId(0))).isEqualTo(ended(shard(2, 0)));
    assertThat(plan.get(shardId(2))).isEqualTo(ended(shard(6, 2)));
    assertThat(plan.get(shardId(6))).isEqualTo(behind(9, 2));
  }

  @Test
  void latest_and_at_timestamp_need_a_time_and_begin_there() {
    var rows = List.of(row(0, Sentinel.LATEST), row(1, Sentinel.AT_TIMESTAMP));
    var stream = orders(shard(0), shard(1));

    assertThatThrownBy(() -> plan(rows, stream))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("row " + id(0) + ": field checkpoint: says LATEST")
        .hasMessageContaining("--latest-at TIME")
        .hasMessageContaining("row " + id(1) + ": field checkpoint: says AT_TIMESTAMP")
        .hasMessageContaining("--timestamp-at TIME");

    var choices = new ImportChoices(Optional.of(BEGAN), Optional.of(BEGAN.minusSeconds(60)), false);
    assertThat(byShard(KclImport.plan("t", rows, List.of(stream), choices)))
        .containsEntry(shardId(0), new Placement.At(StartingPosition.at(BEGAN), Set.of()))
        .containsEntry(
            shardId(1), new Placement.At(StartingPosition.at(BEGAN.minusSeconds(60)), Set.of()));
  }

  @Test
  void a_row_of_a_trimmed_shard_is_told_and_an_ended_one_is_not() {
    var plan =
        KclImport.plan(
            "t",
            List.of(row(0, at(7)), row(1, Sentinel.SHARD_END), row(2, at(8))),
            List.of(orders(shard(2))),
            ImportChoices.NONE);

    assertThat(plan.notes())
        .containsExactly(
            "row "
                + id(0)
                + " stands at 7:0, and the stream has trimmed the shard: what the KCL had not read"
                + " of it is gone");
  }

  @Test
  void a_child_of_a_trimmed_shard_begins_with_its_oldest_record() {
    var plan = plan(List.of(row(0, at(7)), row(1, at(8))), orders(shard(1), shard(2, 0)));

    assertThat(plan.get(shardId(2))).isEqualTo(fromHorizon());
  }

  @Test
  void a_pending_checkpoint_is_told_and_not_taken() {
    var pending =
        new KclRow(
            id(0),
            Optional.empty(),
            shardId(0),
            at(7),
            Optional.of("9:0 with 8 bytes of state"),
            Set.of(),
            Set.of(),
            Optional.empty(),
            1);
    var plan = KclImport.plan("t", List.of(pending), List.of(orders(shard(0))), ImportChoices.NONE);

    assertThat(byShard(plan)).containsEntry(shardId(0), behind(7));
    assertThat(plan.notes()).singleElement().asString().contains("9:0 with 8 bytes of state");
  }

  @Test
  void the_table_of_another_stream_is_refused() {
    assertThatThrownBy(() -> plan(List.of(row(7, at(1))), orders(shard(0))))
        .hasMessageContaining("it is the table of another stream");
    assertThatThrownBy(() -> plan(List.of(row(0, Sentinel.SHARD_END)), orders(shard(0))))
        .hasMessageContaining("says SHARD_END, and in stream orders the shard has no children");
    assertThatThrownBy(
            () -> plan(List.of(row(2, at(1), 1)), orders(shard(0), shard(1), shard(2, 0))))
        .hasMessageContaining("field parentShardId: " + id(1) + " is no parent in stream orders");
    var range = new HashRange(BigInteger.ZERO, BigInteger.TEN);
    var narrow =
        new KclRow(
            id(0),
            Optional.empty(),
            shardId(0),
            at(1),
            Optional.empty(),
            Set.of(),
            Set.of(),
            Optional.of(range),
            1);
    assertThatThrownBy(() -> plan(List.of(narrow), orders(shard(0))))
        .hasMessageContaining("field startingHashKey: the range is 0 to 10");
  }

  @Test
  void a_shard_that_the_library_never_saw_is_refused() {
    assertThatThrownBy(() -> plan(List.of(row(0, at(1))), orders(shard(0), shard(1))))
        .hasMessageContaining("shard " + id(1) + " of stream orders has no row")
        .hasMessageContaining("let it run until it does");
  }

  @Test
  void an_empty_table_and_one_of_two_kinds_are_refused() {
    assertThatThrownBy(() -> plan(List.of(), orders(shard(0)))).hasMessageContaining("no leases");
    assertThatThrownBy(
            () -> plan(List.of(row(0, at(1)), ofStream("orders", 1, 1)), orders(shard(0))))
        .hasMessageContaining("the table is of two applications");
  }

  @Test
  void rows_of_several_streams_go_to_the_stream_that_they_name() {
    long created = KclRows.ORDERS.created().getEpochSecond();
    var clicks = new ListedStream(new StreamId("clicks", BEGAN), List.of(shard(0)));
    var rows =
        List.of(ofStream("orders", created, 7), ofStream("clicks", BEGAN.getEpochSecond(), 8));

    var plan = KclImport.plan("t", rows, List.of(orders(shard(0)), clicks), ImportChoices.NONE);

    assertThat(plan.entries())
        .extracting(e -> e.shard().stream().name(), ImportPlan.Entry::placement)
        .containsExactlyInAnyOrder(
            org.assertj.core.groups.Tuple.tuple("orders", behind(7)),
            org.assertj.core.groups.Tuple.tuple("clicks", behind(8)));
    assertThatThrownBy(() -> plan(rows, orders(shard(0))))
        .hasMessageContaining("no function reads stream clicks");
  }

  @Test
  void a_stream_that_was_made_again_is_refused_unless_its_time_is_not_to_count() {
    var rows = List.of(ofStream("orders", 5, 7));

    assertThatThrownBy(() -> plan(rows, orders(shard(0))))
        .hasMessageContaining("was created at 1767225600, not at 5")
        .hasMessageContaining("--ignore-epoch");
    var any = new ImportChoices(Optional.empty(), Optional.empty(), true);
    assertThat(byShard(KclImport.plan("t", rows, List.of(orders(shard(0))), any)))
        .containsEntry(shardId(0), behind(7));
  }

  private static KclRow ofStream(String name, long epoch, long sequence) {
    var stream = new KclStream("123456789012", name, epoch);
    return new KclRow(
        stream + ":" + id(0),
        Optional.of(stream),
        shardId(0),
        at(sequence),
        Optional.empty(),
        Set.of(),
        Set.of(),
        Optional.empty(),
        1);
  }

  private static Map<ShardId, Placement> plan(List<KclRow> rows, ListedStream stream) {
    return byShard(KclImport.plan("t", rows, List.of(stream), ImportChoices.NONE));
  }

  private static Map<ShardId, Placement> byShard(ImportPlan plan) {
    var byShard = new TreeMap<ShardId, Placement>();
    plan.entries().forEach(e -> byShard.put(e.shard().shard(), e.placement()));
    return byShard;
  }

  private static Placement behind(long sequence, int... endedParents) {
    return new Placement.At(StartingPosition.after(Position.of(sequence)), shards(endedParents));
  }

  private static Placement fromHorizon(int... endedParents) {
    return new Placement.At(StartingPosition.TRIM_HORIZON, shards(endedParents));
  }

  private static Placement ended(io.headrace.kcl.Shard... children) {
    return new Placement.Ended(List.of(children));
  }

  private static Set<ShardId> shards(int... shards) {
    return java.util.Arrays.stream(shards)
        .mapToObj(KclRows::shardId)
        .collect(java.util.stream.Collectors.toSet());
  }
}
