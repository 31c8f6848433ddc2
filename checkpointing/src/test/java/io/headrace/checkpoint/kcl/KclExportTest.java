package io.headrace.checkpoint.kcl;

import static io.headrace.checkpoint.kcl.KclRows.at;
import static io.headrace.checkpoint.kcl.KclRows.id;
import static io.headrace.checkpoint.kcl.KclRows.orders;
import static io.headrace.checkpoint.kcl.KclRows.row;
import static io.headrace.checkpoint.kcl.KclRows.shard;
import static io.headrace.checkpoint.kcl.KclRows.shardId;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.checkpoint.Standing;
import io.headrace.checkpoint.kcl.ExportPlan.What;
import io.headrace.checkpoint.kcl.ExportPlan.Write;
import io.headrace.checkpoint.kcl.KclCheckpoint.Sentinel;
import io.headrace.kcl.HashRange;
import io.headrace.kcl.Position;
import io.headrace.kcl.Progress;
import io.headrace.kcl.ShardId;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StartingPosition;
import io.headrace.kcl.StreamId;
import java.math.BigInteger;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** What our progress means for the library. */
class KclExportTest {
  private static final Instant BEGAN = Instant.parse("2026-05-01T12:00:00Z");

  private final Map<ShardKey, Standing> standings = new HashMap<>();

  @Test
  void positions_become_checkpoints_and_ended_shards_that_nobody_waits_for_get_no_row() {
    knows(0, ended());
    knows(2, through(7));
    knows(3, notBegun(StartingPosition.TRIM_HORIZON, 0));

    var rows = rows(export(List.of(), orders(shard(0), shard(2, 0), shard(3, 0))));

    assertThat(rows).containsOnlyKeys(id(2), id(3));
    assertThat(rows.get(id(2)).row().checkpoint()).isEqualTo(at(7));
    assertThat(rows.get(id(2)).row().parents()).containsExactly(shardId(0));
    assertThat(rows.get(id(2)).what()).isEqualTo(What.MADE);
    assertThat(rows.get(id(3)).row().checkpoint()).isEqualTo(Sentinel.TRIM_HORIZON);
  }

  @Test
  void an_ended_parent_of_a_merge_has_a_row_until_the_child_may_begin() {
    knows(0, ended());
    knows(1, through(5));

    var rows = rows(export(List.of(), orders(shard(0), shard(1), shard(2, 0, 1))));

    assertThat(rows).containsOnlyKeys(id(0), id(1));
    assertThat(rows.get(id(0)).row().checkpoint()).isEqualTo(Sentinel.SHARD_END);
    assertThat(rows.get(id(0)).row().children()).containsExactly(shardId(2));
  }

  @Test
  void finished_ranges_above_the_low_position_do_not_move_it() {
    var range = new Progress.Range(Position.of(9), Position.of(12));
    knows(
        0,
        new Standing(
            true,
            Optional.empty(),
            new Progress(Optional.of(Position.of(7)), List.of(range)),
            Map.of(),
            false,
            0));

    assertThat(rows(export(List.of(), orders(shard(0)))).get(id(0)).row().checkpoint())
        .isEqualTo(at(7));
  }

  @Test
  void a_row_that_is_there_is_changed_or_kept() {
    knows(0, through(7));
    knows(1, through(8));

    var rows = rows(export(List.of(row(0, at(3)), row(1, at(8))), orders(shard(0), shard(1))));

    assertThat(rows.get(id(0)).what()).isEqualTo(What.CHANGED);
    assertThat(rows.get(id(0)).row().counter()).isEqualTo(1);
    assertThat(rows.get(id(1)).what()).isEqualTo(What.KEPT);
  }

  @Test
  void a_row_that_is_further_is_refused_unless_forced() {
    knows(0, through(7));
    var existing = List.of(row(0, at(9)));

    assertThatThrownBy(() -> export(existing, orders(shard(0))))
        .hasMessageContaining("row " + id(0) + ": field checkpoint: is at 9:0, further than")
        .hasMessageContaining("--force");
    var forced =
        KclExport.plan("t", known(), List.of(orders(shard(0))), existing, Optional.empty(), true);
    assertThat(rows(forced).get(id(0)).row().checkpoint()).isEqualTo(at(7));
    standings.clear();
    knows(0, through(7));
    assertThatThrownBy(
            () -> export(List.of(row(0, Sentinel.SHARD_END)), orders(shard(0), shard(2, 0))))
        .hasMessageContaining("is at SHARD_END");
  }

  @Test
  void a_start_at_a_time_is_told_since_the_row_can_not_hold_it() {
    knows(0, notBegun(StartingPosition.at(BEGAN)));

    var plan = export(List.of(), orders(shard(0)));

    assertThat(rows(plan).get(id(0)).row().checkpoint()).isEqualTo(Sentinel.AT_TIMESTAMP);
    assertThat(plan.notes()).singleElement().asString().contains(BEGAN.toString());
  }

  @Test
  void state_is_told_to_stay() {
    knows(
        0,
        new Standing(
            true,
            Optional.empty(),
            new Progress(Optional.of(Position.of(7)), List.of()),
            Map.of(),
            false,
            40));

    assertThat(export(List.of(), orders(shard(0))).notes())
        .singleElement()
        .asString()
        .contains("keeps state in shard " + id(0));
  }

  @Test
  void a_first_shard_that_never_ran_is_refused() {
    assertThatThrownBy(() -> export(List.of(), orders(shard(0))))
        .hasMessageContaining("function totals never ran in shard " + id(0));
  }

  @Test
  void a_shard_that_never_ran_is_refused_also_where_its_parents_are_trimmed() {
    knows(1, through(7));

    assertThatThrownBy(() -> export(List.of(), orders(shard(1), shard(2, 0))))
        .hasMessageContaining("function totals never ran in shard " + id(2));
  }

  @Test
  void ancestors_that_others_had_ended_before_the_function_came_get_no_row() {
    knows(2, through(7));

    var rows = rows(export(List.of(), orders(shard(0), shard(1, 0), shard(2, 1))));

    assertThat(rows).containsOnlyKeys(id(2));
  }

  @Test
  void the_table_of_another_stream_is_refused() {
    knows(0, through(7));
    var narrow =
        new KclRow(
            id(0),
            Optional.empty(),
            shardId(0),
            at(3),
            Optional.empty(),
            Set.of(),
            Set.of(),
            Optional.of(new HashRange(BigInteger.ZERO, BigInteger.TEN)),
            1);

    assertThatThrownBy(() -> export(List.of(narrow), orders(shard(0))))
        .hasMessageContaining("row " + id(0) + ": field startingHashKey: the range is 0 to 10")
        .hasMessageContaining("it is the table of another stream");
    assertThatThrownBy(() -> export(List.of(row(0, Sentinel.SHARD_END)), orders(shard(0))))
        .hasMessageContaining("says SHARD_END, and in stream orders the shard has no children");
  }

  @Test
  void several_streams_need_an_account_and_keep_the_names_that_are_there() {
    knows(0, through(7));
    var clicks = new ListedStream(new StreamId("clicks", BEGAN), List.of(shard(0)));
    standings.put(new ShardKey(clicks.id(), shardId(0)), through(8));
    var both = List.of(orders(shard(0)), clicks);

    assertThatThrownBy(() -> KclExport.plan("t", known(), both, List.of(), Optional.empty(), false))
        .hasMessageContaining("--account");
    assertThatThrownBy(
            () ->
                KclExport.plan("t", known(), both, List.of(row(0, at(1))), Optional.of("1"), false))
        .hasMessageContaining("--stream");
    var plan = KclExport.plan("t", known(), both, List.of(), Optional.of("123456789012"), false);
    assertThat(rows(plan))
        .containsOnlyKeys(
            "123456789012:orders:1767225600:" + id(0),
            "123456789012:clicks:" + BEGAN.getEpochSecond() + ":" + id(0));
    var oddEpoch = new KclStream("123456789012", "orders", 5);
    var existing =
        new KclRow(
            oddEpoch + ":" + id(0),
            Optional.of(oddEpoch),
            shardId(0),
            at(3),
            Optional.empty(),
            Set.of(),
            Set.of(),
            Optional.empty(),
            1);
    assertThat(rows(export(List.of(existing), orders(shard(0)))))
        .containsOnlyKeys("123456789012:orders:5:" + id(0));
  }

  private ExportPlan export(List<KclRow> existing, ListedStream stream) {
    return KclExport.plan("t", known(), List.of(stream), existing, Optional.empty(), false);
  }

  private KclExport.Known known() {
    return new KclExport.Known("totals", StartingPosition.TRIM_HORIZON, standings);
  }

  private void knows(int shard, Standing standing) {
    standings.put(new ShardKey(KclRows.ORDERS, shardId(shard)), standing);
  }

  private static Map<String, Write> rows(ExportPlan plan) {
    var rows = new TreeMap<String, Write>();
    plan.writes().forEach(write -> rows.put(write.row().key(), write));
    return rows;
  }

  private static Standing through(long sequence) {
    return new Standing(
        true,
        Optional.empty(),
        new Progress(Optional.of(Position.of(sequence)), List.of()),
        Map.of(),
        false,
        0);
  }

  private static Standing ended() {
    return new Standing(true, Optional.empty(), Progress.NONE, Map.of(), true, 0);
  }

  private static Standing notBegun(StartingPosition from, int... parents) {
    var said = new HashMap<ShardId, StartingPosition>();
    said.put(new ShardId("predecessor"), from);
    for (int parent : parents) {
      said.put(shardId(parent), from);
    }
    return new Standing(true, Optional.empty(), Progress.NONE, said, false, 0);
  }
}
