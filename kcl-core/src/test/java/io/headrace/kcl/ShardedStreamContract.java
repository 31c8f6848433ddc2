package io.headrace.kcl;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * What every {@link ShardedStream} promises. An implementation's test extends it and says how to
 * make and change the stream; each test has a stream of its own.
 */
public abstract class ShardedStreamContract {
  /** More answers than this without what was waited for is a stream that never delivers. */
  private static final int FETCHES_MAX = 2_000;

  private static final long PLENTY = 1 << 20;

  /** Makes the one stream of this test and opens it for reading. */
  protected abstract ShardedStream createStream(int shards);

  /** Writes to the stream of this test and tells where the record is. */
  protected abstract Position put(String partitionKey, byte[] data);

  /**
   * Writes one record that holds several, which go where the first one's key goes, and answers
   * their positions; nothing where the stream knows no such records.
   */
  protected List<Position> putAggregated(List<StreamSink.Entry> parts) {
    return List.of();
  }

  /** Divides a shard in two, and waits until that is done. */
  protected abstract void split(ShardId parent);

  /** Joins two neighbours, and waits until that is done. */
  protected abstract void merge(ShardId left, ShardId right);

  /** Makes the stream forget the shard's records up to and including {@code through}. */
  protected abstract void trim(ShardId shard, Position through);

  /** Lets at least so much time pass for the stream. */
  protected abstract void pass(Duration time);

  /** Waits for the stage, moving time as far as that needs; throws what the stage failed with. */
  protected abstract <T> T await(CompletionStage<T> stage);

  /**
   * Whether the stream knows what it has trimmed. One that only sees that a record is gone may tell
   * of a gap where nothing was missed.
   */
  protected boolean knowsWhatItTrimmed() {
    return true;
  }

  @Test
  void says_who_it_is_and_stays_it() {
    var stream = createStream(1);

    var id = await(stream.identify());

    assertThat(id.name()).isEqualTo(stream.name());
    assertThat(await(stream.identify())).isEqualTo(id);
  }

  @Test
  void divides_the_keys_among_its_shards_without_a_gap() {
    var shards = await(createStream(3).shards());

    assertThat(shards).hasSize(3).allSatisfy(shard -> assertThat(shard.parents()).isEmpty());
    assertCoversAllKeys(shards);
  }

  @Test
  void gives_each_record_once_and_in_order_however_small_the_fetches() {
    var stream = createStream(1);
    var put = IntStream.range(0, 200).mapToObj(i -> put("key-" + i % 7, data(i))).toList();

    for (long bytesMax : new long[] {1, 1_000, 3_000, PLENTY}) {
      var read =
          readRecords(stream.open(only(stream), StartingPosition.TRIM_HORIZON), 200, bytesMax);
      assertThat(positions(read)).as("with %d bytes a fetch", bytesMax).isEqualTo(put);
      assertThat(positions(read)).isSortedAccordingTo(Comparator.naturalOrder());
    }
  }

  @Test
  void gives_key_payload_and_time_of_arrival() {
    var stream = createStream(1);
    put("käse", new byte[] {0, -1, 127});
    put("empty", new byte[0]);

    var read = readRecords(stream.open(only(stream), StartingPosition.TRIM_HORIZON), 2, PLENTY);

    assertThat(read.get(0).key().text()).isEqualTo("käse");
    assertThat(bytes(read.get(0))).containsExactly(0, -1, 127);
    assertThat(bytes(read.get(1))).isEmpty();
    assertThat(read.get(1).arrivedAt()).isAfterOrEqualTo(read.get(0).arrivedAt());
  }

  @Test
  void gives_each_record_of_an_aggregate_at_a_position_of_its_own_and_resumes_between_them() {
    var stream = createStream(1);
    var parts =
        IntStream.range(0, 100)
            .mapToObj(i -> new StreamSink.Entry("key-" + i % 7, data(i)))
            .toList();
    put("before", data(1));
    var put = putAggregated(parts);
    assumeThat(put).as("the stream takes aggregates").isNotEmpty();
    put("behind", data(2));

    var all = readRecords(stream.open(only(stream), StartingPosition.TRIM_HORIZON), 102, 1_000);
    assertThat(positions(all.subList(1, 101))).isEqualTo(put);
    for (int i : new int[] {0, 1, 50, 98, 99}) {
      assertThat(all.get(i + 1).key().text()).isEqualTo("key-" + i % 7);
      assertThat(bytes(all.get(i + 1))).isEqualTo(data(i));
      var behind = StartingPosition.after(put.get(i));
      var rest = readRecords(stream.open(only(stream), behind), 100 - i, PLENTY);
      assertThat(positions(rest)).isEqualTo(positions(all.subList(i + 2, 102)));
    }
  }

  @Test
  void marks_what_an_aggregate_brought_into_a_shard_to_which_it_does_not_belong() {
    var stream = createStream(2);
    var parts =
        IntStream.range(0, 20).mapToObj(i -> new StreamSink.Entry("key-" + i, data(i))).toList();
    assumeThat(putAggregated(parts)).as("the stream takes aggregates").isNotEmpty();
    put("key-0", data(0));
    var shard =
        await(stream.shards()).stream()
            .filter(s -> s.range().holds("key-0"))
            .findFirst()
            .orElseThrow();

    var read = readRecords(stream.open(shard, StartingPosition.TRIM_HORIZON), 21, PLENTY);

    assertThat(read.subList(0, 20))
        .allSatisfy(
            r -> assertThat(r.misrouted()).isNotEqualTo(shard.range().holds(r.key().text())))
        .extracting(StreamRecord::misrouted)
        .contains(true, false);
    assertThat(read.get(20).misrouted()).isFalse();
  }

  @Test
  void answers_with_no_more_bytes_than_the_caller_can_hold() {
    var stream = createStream(1);
    IntStream.range(0, 60).forEach(i -> put("key", new byte[i * 20]));
    var cursor = stream.open(only(stream), StartingPosition.TRIM_HORIZON);

    int read = 0;
    for (int fetches = 0; read < 60; fetches++) {
      assertThat(fetches).isLessThan(FETCHES_MAX);
      var records = fetchRecords(cursor, 2_500).records();
      if (records.size() > 1) {
        assertThat(records.stream().mapToLong(StreamRecord::budgetBytes).sum())
            .isLessThanOrEqualTo(2_500);
      }
      read += records.size();
    }
    assertThat(read).isEqualTo(60);
  }

  @Test
  void gives_a_record_that_is_larger_than_the_caller_can_hold() {
    var stream = createStream(1);
    var small = put("key", data(1));
    var large = put("key", new byte[50_000]);
    var last = put("key", data(2));

    var read = readRecords(stream.open(only(stream), StartingPosition.TRIM_HORIZON), 3, 1_000);

    assertThat(positions(read)).containsExactly(small, large, last);
  }

  @Test
  void goes_on_behind_any_position() {
    var stream = createStream(1);
    var put = IntStream.range(0, 12).mapToObj(i -> put("key", data(i))).toList();

    for (int i = 0; i < 11; i++) {
      var cursor = stream.open(only(stream), StartingPosition.after(put.get(i)));
      assertThat(positions(readRecords(cursor, 11 - i, PLENTY))).isEqualTo(put.subList(i + 1, 12));
    }
  }

  @Test
  void goes_on_at_the_tip_behind_the_last_position() {
    var stream = createStream(1);
    var last = put("key", data(1));
    var cursor = stream.open(only(stream), StartingPosition.after(last));

    assertThat(fetchRecords(cursor, PLENTY).records()).isEmpty();
    var next = put("key", data(2));
    assertThat(positions(readRecords(cursor, 1, PLENTY))).containsExactly(next);
  }

  @Test
  void begins_with_the_first_record_that_arrived_at_or_after_a_time() {
    var stream = createStream(1);
    put("key", data(1));
    pass(Duration.ofMillis(50));
    var second = put("key", data(2));
    pass(Duration.ofMillis(50));
    var third = put("key", data(3));
    var all = readRecords(stream.open(only(stream), StartingPosition.TRIM_HORIZON), 3, PLENTY);

    var at = StartingPosition.at(all.get(1).arrivedAt());
    assertThat(positions(readRecords(stream.open(only(stream), at), 2, PLENTY)))
        .containsExactly(second, third);

    var between = StartingPosition.at(all.get(1).arrivedAt().plusMillis(10));
    assertThat(positions(readRecords(stream.open(only(stream), between), 1, PLENTY)))
        .containsExactly(third);
  }

  @Test
  void answers_at_the_tip_with_nothing_and_no_lag() {
    var stream = createStream(1);
    var cursor = stream.open(only(stream), StartingPosition.TRIM_HORIZON);

    var answer = fetchRecords(cursor, PLENTY);

    assertThat(answer.records()).isEmpty();
    assertThat(answer.behind()).isEqualTo(Duration.ZERO);
  }

  @Test
  void gives_a_record_that_comes_while_a_fetch_waits() {
    var stream = createStream(1);
    var cursor = stream.open(only(stream), StartingPosition.TRIM_HORIZON);
    assertThat(fetchRecords(cursor, PLENTY).records()).isEmpty();

    var waiting = cursor.fetch(PLENTY);
    var position = put("key", data(1));

    var read = new ArrayList<>(((Fetched.Records) await(waiting)).records());
    if (read.isEmpty()) {
      read.addAll(readRecords(cursor, 1, PLENTY));
    }
    assertThat(positions(read)).containsExactly(position);
  }

  @Test
  void ends_a_split_shard_with_its_children_after_its_last_record() {
    var stream = createStream(1);
    var parent = only(stream);
    var before = IntStream.range(0, 20).mapToObj(i -> put("key-" + i, data(i))).toList();
    split(parent.id());
    var after = IntStream.range(0, 20).mapToObj(i -> put("key-" + i, data(i))).toList();

    var all = readToEnd(stream.open(parent, StartingPosition.TRIM_HORIZON));

    assertThat(positions(all.records)).isEqualTo(before);
    assertThat(all.children).hasSize(2);
    assertThat(all.children)
        .allSatisfy(child -> assertThat(child.parents()).containsExactly(parent.id()));
    assertCoversAllKeys(all.children);
    var read = new ArrayList<Position>();
    for (var child : all.children) {
      var records = readAvailable(stream.open(child, StartingPosition.TRIM_HORIZON));
      assertThat(records)
          .allSatisfy(record -> assertThat(child.range().holds(record.key().text())).isTrue());
      read.addAll(positions(records));
    }
    assertThat(read).containsExactlyInAnyOrderElementsOf(after);
  }

  @Test
  void names_the_child_of_a_merge_at_both_parents() {
    var stream = createStream(2);
    var parents = await(stream.shards());
    var before = IntStream.range(0, 20).mapToObj(i -> put("key-" + i, data(i))).toList();
    merge(parents.get(0).id(), parents.get(1).id());
    var after = put("key-1", data(99));

    var read = new ArrayList<Position>();
    var children = new LinkedHashSet<Shard>();
    for (var parent : parents) {
      var all = readToEnd(stream.open(parent, StartingPosition.TRIM_HORIZON));
      read.addAll(positions(all.records));
      children.addAll(all.children);
    }

    assertThat(read).containsExactlyInAnyOrderElementsOf(before);
    assertThat(children).hasSize(1);
    var child = children.iterator().next();
    assertThat(child.range()).isEqualTo(HashRange.ALL);
    assertThat(Set.copyOf(child.parents()))
        .isEqualTo(Set.of(parents.get(0).id(), parents.get(1).id()));
    assertThat(positions(readRecords(stream.open(child, StartingPosition.TRIM_HORIZON), 1, PLENTY)))
        .containsExactly(after);
  }

  @Test
  void ends_a_shard_that_is_split_while_a_fetch_waits() {
    var stream = createStream(1);
    var cursor = stream.open(only(stream), StartingPosition.TRIM_HORIZON);
    assertThat(fetchRecords(cursor, PLENTY).records()).isEmpty();

    split(only(stream).id());

    assertThat(readToEnd(cursor).children).hasSize(2);
  }

  @Test
  void ends_again_for_whoever_resumes_behind_the_last_record() {
    var stream = createStream(1);
    var parent = only(stream);
    var last = put("key", data(1));
    split(parent.id());

    var all = readToEnd(stream.open(parent, StartingPosition.after(last)));

    assertThat(all.records).isEmpty();
    assertThat(all.children).hasSize(2);
  }

  @Test
  void lists_closed_shards_too_and_parents_before_children() {
    var stream = createStream(1);
    var parent = only(stream);
    split(parent.id());

    var shards = await(stream.shards());

    assertThat(shards).hasSize(3).contains(parent);
    var seen = new LinkedHashSet<ShardId>();
    for (var shard : shards) {
      assertThat(seen).containsAll(shard.parents());
      seen.add(shard.id());
    }
  }

  @Test
  void tells_of_a_gap_and_reads_on_behind_it() {
    var stream = createStream(1);
    var put = IntStream.range(0, 10).mapToObj(i -> put("key", data(i))).toList();
    trim(only(stream).id(), put.get(5));
    var cursor = stream.open(only(stream), StartingPosition.after(put.get(2)));

    var gap = (Fetched.Gap) await(cursor.fetch(PLENTY));

    assertThat(gap.after()).isEqualTo(put.get(2));
    assertThat(gap.resumesAt()).isEqualTo(put.get(6));
    assertThat(positions(readRecords(cursor, 4, PLENTY))).isEqualTo(put.subList(6, 10));
  }

  @Test
  void tells_of_no_gap_when_nothing_was_missed() {
    var stream = createStream(1);
    var put = IntStream.range(0, 10).mapToObj(i -> put("key", data(i))).toList();
    trim(only(stream).id(), put.get(5));

    for (var from : List.of(StartingPosition.TRIM_HORIZON, StartingPosition.after(put.get(5)))) {
      var cursor = stream.open(only(stream), from);
      if (from instanceof StartingPosition.After && !knowsWhatItTrimmed()) {
        assertThat(await(cursor.fetch(PLENTY))).isEqualTo(new Fetched.Gap(put.get(5), put.get(6)));
      }
      assertThat(positions(readRecords(cursor, 4, PLENTY))).isEqualTo(put.subList(6, 10));
    }
  }

  @Test
  void fails_with_not_found_for_a_shard_that_it_does_not_have() {
    var stream = createStream(1);
    put("key", data(1));
    var unknown = new Shard(new ShardId("shardId-000000000077"), List.of(), HashRange.ALL);
    var cursor = stream.open(unknown, StartingPosition.TRIM_HORIZON);

    var thrown = catchThrowable(() -> await(cursor.fetch(PLENTY)));

    var cause = thrown instanceof CompletionException ? thrown.getCause() : thrown;
    assertThat(cause)
        .isInstanceOfSatisfying(
            StreamException.class,
            failed -> assertThat(failed.kind()).isEqualTo(StreamException.Kind.NOT_FOUND))
        .hasMessageContaining(stream.name());
  }

  @Test
  void lets_another_reader_go_on_when_one_gives_up_its_fetch() {
    var stream = createStream(1);
    var first = stream.open(only(stream), StartingPosition.TRIM_HORIZON);
    assertThat(fetchRecords(first, PLENTY).records()).isEmpty();
    var abandoned = first.fetch(PLENTY);
    first.close();

    var position = put("key", data(1));

    var second = stream.open(only(stream), StartingPosition.TRIM_HORIZON);
    assertThat(positions(readRecords(second, 1, PLENTY))).containsExactly(position);
    assertThat(abandoned).isNotNull();
  }

  /** Reads until so many records have come, and no more. */
  protected final List<StreamRecord> readRecords(ShardCursor cursor, int count, long bytesMax) {
    var read = new ArrayList<StreamRecord>();
    for (int fetches = 0; read.size() < count; fetches++) {
      assertThat(fetches)
          .as("fetches for %d of %d records", read.size(), count)
          .isLessThan(FETCHES_MAX);
      read.addAll(fetchRecords(cursor, bytesMax).records());
    }
    assertThat(read).hasSize(count);
    return read;
  }

  private List<StreamRecord> readAvailable(ShardCursor cursor) {
    var read = new ArrayList<StreamRecord>();
    while (true) {
      var records = fetchRecords(cursor, PLENTY).records();
      if (records.isEmpty()) {
        return read;
      }
      read.addAll(records);
    }
  }

  private Fetched.Records fetchRecords(ShardCursor cursor, long bytesMax) {
    return (Fetched.Records) await(cursor.fetch(bytesMax));
  }

  private AllOf readToEnd(ShardCursor cursor) {
    var read = new ArrayList<StreamRecord>();
    for (int fetches = 0; fetches < FETCHES_MAX; fetches++) {
      var fetched = await(cursor.fetch(1_000));
      if (fetched instanceof Fetched.End end) {
        return new AllOf(read, end.children());
      }
      read.addAll(((Fetched.Records) fetched).records());
    }
    throw new AssertionError("the shard does not end after " + read.size() + " records");
  }

  private Shard only(ShardedStream stream) {
    return await(stream.shards()).get(0);
  }

  private static void assertCoversAllKeys(List<Shard> shards) {
    var ranges =
        shards.stream().map(Shard::range).sorted(Comparator.comparing(HashRange::first)).toList();
    assertThat(ranges.get(0).first()).isEqualTo(HashRange.ALL.first());
    assertThat(ranges.get(ranges.size() - 1).last()).isEqualTo(HashRange.ALL.last());
    for (int i = 1; i < ranges.size(); i++) {
      assertThat(ranges.get(i).first().subtract(ranges.get(i - 1).last())).isOne();
    }
  }

  private static byte[] data(int number) {
    return ("payload number " + number).getBytes(UTF_8);
  }

  private static byte[] bytes(StreamRecord record) {
    try {
      return record.payload().bytes();
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }

  private static List<Position> positions(List<StreamRecord> records) {
    return records.stream().map(StreamRecord::position).toList();
  }

  private record AllOf(List<StreamRecord> records, List<Shard> children) {}
}
