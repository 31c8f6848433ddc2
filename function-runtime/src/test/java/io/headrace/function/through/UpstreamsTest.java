package io.headrace.function.through;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.function.through.Envelope.Carried;
import io.headrace.function.through.Envelope.Listed;
import io.headrace.function.through.Envelope.Mark;
import io.headrace.function.through.Envelope.Partial;
import io.headrace.function.through.Upstreams.Standing;
import io.headrace.kcl.CheckpointException;
import io.headrace.kcl.Position;
import io.headrace.kcl.ShardId;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StreamId;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class UpstreamsTest {
  private static final Instant NOW = Instant.parse("2026-03-01T00:00:00Z");
  private static final StreamId IN = new StreamId("in", Instant.EPOCH);
  private static final List<Listed> A_AND_B = List.of(listed("a"), listed("b"));

  private Upstreams seen = new Upstreams(List.of("in"));

  private static Listed listed(String shard, String... parents) {
    return new Listed(new ShardId(shard), Arrays.stream(parents).map(ShardId::new).toList());
  }

  private static ShardKey shard(String name) {
    return new ShardKey(IN, new ShardId(name));
  }

  private static Carried record(String shard, int number) {
    return record(shard, number, false);
  }

  private static Carried record(String shard, int number, boolean replayed) {
    var source = new Source(shard(shard), Position.of(number));
    return new Carried(source, replayed, "k", "p", NOW, NOW, NOW, Map.of(), new byte[0]);
  }

  private static Mark mark(
      String shard, @Nullable Integer through, int second, List<Listed> roster) {
    return new Mark(
        shard(shard),
        through == null ? null : Position.of(through),
        at(second),
        at(second),
        false,
        roster);
  }

  private static Instant at(int second) {
    return second < 0 ? Instant.MIN : Instant.ofEpochSecond(second);
  }

  private boolean isNew(Carried carried) {
    return seen.isNew(carried, NOW);
  }

  @Test
  void a_record_is_new_once_in_whatever_order_records_come() {
    assertThat(isNew(record("a", 7))).isTrue();
    assertThat(isNew(record("a", 3))).as("a lower one that came later").isTrue();
    assertThat(isNew(record("b", 3))).as("of another shard").isTrue();

    assertThat(isNew(record("a", 7))).isFalse();
    assertThat(isNew(record("a", 3))).isFalse();
    assertThat(isNew(record("b", 3))).isFalse();
  }

  private Standing take(int... places) {
    var positions = Arrays.stream(places).mapToObj(Position::of).toList();
    return seen.take(new Partial(shard("a"), positions, "k", NOW, NOW, 0, new byte[0]));
  }

  @Test
  void a_sum_is_new_once_and_its_records_are_known_then() {
    assertThat(take(3, 5)).isEqualTo(Standing.NEW);

    assertThat(take(3, 5)).isEqualTo(Standing.SEEN);
    assertThat(isNew(record("a", 5))).isFalse();
    assertThat(isNew(record("a", 4))).isTrue();
    assertThat(isNew(record("b", 5))).isTrue();
  }

  @Test
  void a_sum_with_a_record_that_was_counted_adds_nothing() {
    isNew(record("a", 5));
    assertThat(take(3, 5)).isEqualTo(Standing.SEEN_IN_PART);
    assertThat(isNew(record("a", 3))).as("it may come by itself").isTrue();
    assertThat(take(3, 5)).isEqualTo(Standing.SEEN);

    seen.take(mark("a", 10, 1, List.of()), NOW);
    assertThat(take(9, 11)).as("what lies before a mark is known").isEqualTo(Standing.SEEN_IN_PART);
    assertThat(take(9, 10)).isEqualTo(Standing.SEEN);
    assertThat(take(11, 12)).isEqualTo(Standing.NEW);
  }

  @Test
  void behind_a_mark_everything_before_is_known_and_nothing_of_it_remembered() {
    for (int i = 0; i < 1_000; i++) {
      isNew(record("a", i));
    }
    assertThat(seen.remembered()).isEqualTo(1_000);

    seen.take(mark("a", 999, 0, List.of()), NOW);

    assertThat(seen.remembered()).isZero();
    assertThat(isNew(record("a", 500))).as("a put that hung in the network").isFalse();
    assertThat(isNew(record("a", 1_000))).isTrue();
  }

  @Test
  void a_letter_that_is_played_again_is_new_behind_the_mark_and_once() {
    seen.take(mark("a", 999, 0, List.of()), NOW);

    assertThat(isNew(record("a", 5, true))).isTrue();
    assertThat(isNew(record("a", 5, true))).isFalse();
    assertThat(seen.isNew(record("a", 5, true), NOW.plus(Upstreams.REMEMBERED)))
        .as("forgotten in time")
        .isTrue();
  }

  @Test
  void letters_that_are_played_again_are_remembered_up_to_a_bound() {
    for (int i = 0; i <= Upstreams.REPLAYED_MAX; i++) {
      assertThat(isNew(record("a", i, true))).isTrue();
    }

    assertThat(seen.remembered()).isEqualTo(Upstreams.REPLAYED_MAX);
    assertThat(isNew(record("a", Upstreams.REPLAYED_MAX, true))).isFalse();
  }

  @Test
  void the_watermark_is_that_of_the_slowest_shard_once_all_are_known() {
    assertThat(seen.take(mark("a", 1, 50, List.of()), NOW)).as("b is not known").isFalse();
    assertThat(seen.take(mark("a", 2, 60, A_AND_B), NOW)).as("b was not heard").isFalse();
    assertThat(seen.watermark()).isEqualTo(Instant.MIN);

    assertThat(seen.take(mark("b", 1, 10, List.of()), NOW)).isTrue();
    assertThat(seen.watermark()).isEqualTo(at(10));
    seen.take(mark("b", 2, 70, List.of()), NOW);
    assertThat(seen.watermark()).isEqualTo(at(60));
  }

  private Mark silent(String shard, int through, int second) {
    return new Mark(shard(shard), Position.of(through), at(second), at(second), true, List.of());
  }

  @Test
  void a_silent_shard_holds_nothing_up_until_it_is_heard_again() {
    seen.take(mark("a", 1, 50, A_AND_B), NOW);
    seen.take(mark("b", 1, 10, List.of()), NOW);

    assertThat(seen.take(silent("b", 1, 10), NOW)).isTrue();
    assertThat(seen.watermark()).isEqualTo(at(50));
    seen.take(mark("b", 2, 60, List.of()), NOW);
    seen.take(mark("a", 2, 90, List.of()), NOW);

    assertThat(seen.watermark()).isEqualTo(at(60));
  }

  @Test
  void where_all_are_silent_the_furthest_says_what_is_over() {
    seen.take(mark("a", 1, 50, A_AND_B), NOW);
    seen.take(silent("b", 1, 10), NOW);

    seen.take(silent("a", 1, 50), NOW);

    assertThat(seen.watermark()).isEqualTo(at(50));
  }

  @Test
  void it_never_falls_not_even_for_a_shard_that_begins_anew() {
    seen.take(mark("a", 1, 50, List.of(listed("a"))), NOW);

    seen.take(mark("a", null, -1, List.of(listed("a"))), NOW);

    assertThat(seen.watermark()).isEqualTo(at(50));
  }

  @Test
  void all_inputs_must_be_known() {
    seen = new Upstreams(List.of("in", "other"));
    seen.take(mark("a", 1, 50, List.of(listed("a"))), NOW);
    assertThat(seen.watermark()).isEqualTo(Instant.MIN);

    var other = new ShardKey(new StreamId("other", NOW), new ShardId("a"));
    seen.take(new Mark(other, Position.of(1), at(20), at(20), false, List.of(listed("a"))), NOW);

    assertThat(seen.watermark()).isEqualTo(at(20));
  }

  @Test
  void a_child_that_is_heard_first_lets_nothing_of_its_sister_be_late() {
    seen.take(mark("a", 1, 50, List.of(listed("a"))), NOW);
    var roster = List.of(listed("a"), listed("l", "a"), listed("r", "a"));

    seen.take(mark("l", 9, 80, roster), NOW);
    assertThat(seen.watermark()).as("r goes on where a was").isEqualTo(at(50));

    seen.take(mark("r", 10, 70, List.of()), NOW);
    assertThat(seen.watermark()).isEqualTo(at(70));
  }

  @Test
  void the_sister_counts_even_where_a_record_of_hers_came_before() {
    seen.take(mark("a", 1, 50, List.of(listed("a"))), NOW);
    isNew(record("r", 8));
    var roster = List.of(listed("a"), listed("l", "a"), listed("r", "a"));

    seen.take(mark("l", 9, 80, roster), NOW);

    assertThat(seen.watermark()).isEqualTo(at(50));
  }

  @Test
  void a_merged_shard_ends_both_of_its_parents_and_goes_on_with_the_lower() {
    seen.take(mark("a", 1, 50, A_AND_B), NOW);
    seen.take(mark("b", 1, 60, List.of()), NOW);
    var roster = List.of(listed("a"), listed("b"), listed("m", "a", "b"));

    seen.take(mark("m", null, -1, roster), NOW);
    assertThat(seen.watermark()).isEqualTo(at(50));
    seen.take(mark("m", 5, 90, List.of()), NOW);

    assertThat(seen.watermark()).isEqualTo(at(90));
  }

  @Test
  void parents_that_the_stream_names_no_more_have_ended_all_the_same() {
    seen.take(mark("a", 1, 50, A_AND_B), NOW);
    seen.take(mark("b", 1, 90, List.of()), NOW);

    seen.take(mark("c", 5, 80, List.of(listed("b"), listed("c", "a"))), NOW);

    assertThat(seen.watermark()).isEqualTo(at(80));
  }

  @Test
  void who_speaks_for_a_shard_that_has_ended_holds_nothing_up() {
    seen.take(mark("a", 1, 50, List.of(listed("a"))), NOW);
    seen.take(mark("c", 5, 80, List.of(listed("a"), listed("c", "a"))), NOW);

    seen.take(mark("a", 2, 55, List.of(listed("a"))), NOW);
    seen.take(mark("c", 6, 99, List.of()), NOW);

    assertThat(seen.watermark()).isEqualTo(at(99));
    assertThat(isNew(record("a", 2))).isFalse();
  }

  @Test
  void a_shard_that_has_ended_is_forgotten_after_a_day() {
    seen.take(mark("a", 1, 50, List.of(listed("a"))), NOW);
    seen.take(mark("c", 5, 80, List.of(listed("a"), listed("c", "a"))), NOW);
    assertThat(seen.shards).hasSize(2);

    seen.take(mark("c", 6, 81, List.of()), NOW.plus(Duration.ofDays(1)));

    assertThat(seen.shards).hasSize(1);
    assertThat(seen.watermark()).isEqualTo(at(81));
  }

  @Test
  void a_stream_that_was_made_anew_takes_the_place_of_the_former() {
    seen.take(mark("a", 1, 50, List.of(listed("a"))), NOW);
    var anew = new ShardKey(new StreamId("in", NOW), new ShardId("a"));

    seen.take(new Mark(anew, Position.of(1), at(70), at(70), false, List.of(listed("a"))), NOW);

    assertThat(seen.watermark()).isEqualTo(at(70));
  }

  @Test
  void parents_that_are_joined_leave_what_either_saw() {
    isNew(record("a", 5));
    seen.take(mark("a", 3, 40, A_AND_B), NOW);
    seen.take(mark("b", 1, 45, List.of()), NOW);
    var other = new Upstreams(List.of("in"));
    other.isNew(record("a", 8), NOW);
    other.take(mark("a", 6, 60, A_AND_B), NOW);
    other.take(mark("b", 1, 45, List.of()), NOW);
    var child = new Upstreams(List.of("in"));

    child.join(seen);
    child.join(other);

    assertThat(child.watermark()).isEqualTo(at(40));
    seen = child;
    assertThat(isNew(record("a", 6))).as("before the later mark").isFalse();
    assertThat(isNew(record("a", 7))).isTrue();
    assertThat(isNew(record("a", 8))).isFalse();
    seen.take(mark("b", 2, 99, List.of()), NOW);
    assertThat(seen.watermark()).isEqualTo(at(60));
  }

  private static Mark end(String shard, int through, int reached) {
    return new Mark(shard(shard), Position.of(through), Instant.MAX, at(reached), false, List.of());
  }

  @Test
  void how_far_the_inputs_had_come_is_the_same_in_whatever_order_they_end() {
    seen.take(mark("a", 1, 10, A_AND_B), NOW);
    seen.take(end("b", 9, 90), NOW);
    seen.take(end("a", 5, 50), NOW);
    var other = new Upstreams(List.of("in"));
    other.take(mark("b", 1, 10, A_AND_B), NOW);
    other.take(end("a", 5, 50), NOW);
    other.take(end("b", 9, 90), NOW);

    assertThat(List.of(seen.watermark(), other.watermark())).containsOnly(Instant.MAX);
    assertThat(List.of(seen.reached(), other.reached())).containsOnly(at(90));
  }

  /** A merged shard begins at the lower of its parents, and nothing may come of it any more. */
  @Test
  void where_all_are_silent_what_parents_told_is_over_too() {
    seen.take(mark("a", 1, 50, A_AND_B), NOW);
    seen.take(mark("b", null, -1, List.of()), NOW);
    var all = List.of(listed("a"), listed("b"), listed("c", "a", "b"));
    seen.take(mark("c", null, -1, all), NOW);
    assertThat(seen.watermark()).isEqualTo(Instant.MIN);

    seen.take(new Mark(shard("c"), null, Instant.MIN, Instant.MIN, true, List.of()), NOW);

    assertThat(seen.watermark()).isEqualTo(at(50));
  }

  @Test
  void all_of_it_is_stored_and_read() {
    isNew(record("a", 5));
    isNew(record("b", 6, true));
    seen.take(mark("a", 3, 40, A_AND_B), NOW);
    seen.take(mark("b", 1, 45, List.of()), NOW);
    var open = Map.of(Position.of(70), Instant.MIN, Position.of(71), at(41));

    var kept = UpstreamsFormat.read("chunk c", UpstreamsFormat.write(seen, open), List.of("in"));

    assertThat(kept.unfinished()).isEqualTo(open);
    seen = kept.upstreams();
    assertThat(seen.watermark()).isEqualTo(at(40));
    assertThat(seen.reached()).isEqualTo(at(45));
    assertThat(isNew(record("a", 5))).isFalse();
    assertThat(isNew(record("a", 3))).isFalse();
    assertThat(isNew(record("b", 6, true))).isFalse();
    seen.take(mark("a", 9, 44, List.of()), NOW);
    assertThat(seen.watermark()).isEqualTo(at(44));
  }

  @Test
  void what_is_stored_of_many_places_is_small() {
    for (int i = 0; i < 2_000; i++) {
      var sequence = "4959033827149025660855969253836157109592157598913" + (1_000_000 + 37 * i);
      var source = new Source(shard("a"), Position.of(sequence));
      isNew(new Carried(source, false, "k", "p", NOW, NOW, NOW, Map.of(), new byte[0]));
    }

    assertThat(UpstreamsFormat.write(seen, Map.of()).length).isLessThan(2_000 * 12);
  }

  @Test
  void damaged_and_newer_chunks_are_refused_by_name() {
    byte[] bytes = UpstreamsFormat.write(seen, Map.of());
    byte[] newer = bytes.clone();
    newer[7] = 2;

    assertThatThrownBy(() -> UpstreamsFormat.read("chunk c", newer, List.of()))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("chunk c: has format 2, this version reads up to 1");
    assertThatThrownBy(() -> UpstreamsFormat.read("chunk c", Arrays.copyOf(bytes, 12), List.of()))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("chunk c: is damaged");
    assertThatThrownBy(() -> UpstreamsFormat.read("chunk c", new byte[20], List.of()))
        .hasMessageContaining("chunk c: is no record of what was carried on");
  }
}
