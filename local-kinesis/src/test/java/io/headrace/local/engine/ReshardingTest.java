package io.headrace.local.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import io.headrace.local.VirtualClock;
import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ReshardingTest {
  private static final Caller CALLER = new Caller("000000000000", "us-east-1");
  private static final StreamKey ORDERS = new StreamKey("000000000000", "us-east-1", "orders");
  private static final String HALF = BigInteger.ONE.shiftLeft(127).toString();
  private static final String QUARTER = BigInteger.ONE.shiftLeft(126).toString();

  private final VirtualClock clock = new VirtualClock();
  private final Engine engine =
      new Engine(clock, new EngineSettings(64L << 20, 100, Duration.ZERO));

  @BeforeEach
  void create() {
    engine.createStream(ORDERS, StreamMode.PROVISIONED, 1);
  }

  @Test
  void a_split_makes_two_children_that_share_the_range_of_their_parent() {
    engine.splitShard(ORDERS, id(0), HALF);

    List<ShardView> shards = shards(new ShardFilter.FromTrimHorizon());
    assertThat(shards).extracting(ShardView::id).containsExactly(id(0), id(1), id(2));
    assertThat(shards).extracting(ShardView::parentId).containsExactly(null, id(0), id(0));
    assertThat(shards.get(0).endingSequenceNumber()).isNotNull();
    assertThat(shards.get(1).range().start()).isEqualTo(HashKey.MIN);
    assertThat(shards.get(1).range().end()).isEqualTo(HashKey.parse(HALF).previous());
    assertThat(shards.get(2).range()).isEqualTo(new HashRange(HashKey.parse(HALF), HashKey.MAX));
  }

  @Test
  void a_merge_makes_one_child_that_names_both_parents() {
    engine.splitShard(ORDERS, id(0), HALF);
    engine.mergeShards(ORDERS, id(1), id(2));

    ShardView child = shards(new ShardFilter.AtLatest()).get(0);
    assertThat(child.id()).isEqualTo(id(3));
    assertThat(child.parentId()).isEqualTo(id(1));
    assertThat(child.adjacentParentId()).isEqualTo(id(2));
    assertThat(child.range()).isEqualTo(new HashRange(HashKey.MIN, HashKey.MAX));
  }

  @Test
  void every_number_of_a_child_is_above_every_number_of_its_parents() {
    List<String> numbers = new ArrayList<>();
    numbers.add(put("0"));
    for (int generation = 0; generation < 5; generation++) {
      ShardView lowest =
          shards(new ShardFilter.AtLatest()).stream()
              .filter(shard -> shard.range().start().equals(HashKey.MIN))
              .findFirst()
              .orElseThrow();
      engine.splitShard(ORDERS, lowest.id(), half(lowest.range()));
      numbers.add(put("0"));
    }

    assertThat(numbers).isSorted().doesNotHaveDuplicates();
  }

  @Test
  void a_number_of_a_new_child_serves_for_ordering_although_it_is_ahead_of_the_clock() {
    engine.splitShard(ORDERS, id(0), HALF);
    engine.splitShard(ORDERS, id(1), QUARTER);
    String number = put("0");

    assertThatCode(() -> engine.requireOrdering(ORDERS, number)).doesNotThrowAnyException();
  }

  @Test
  void a_closed_shard_gives_its_records_then_names_its_children_instead_of_an_iterator() {
    put("0");
    put("0");
    String iterator = engine.shardIterator(ORDERS, id(0), new StartFrom.TrimHorizon());
    engine.splitShard(ORDERS, id(0), HALF);

    RecordsRead first = engine.read(CALLER, iterator, 1);
    RecordsRead last = engine.read(CALLER, first.nextIterator(), 1);

    assertThat(first.records()).hasSize(1);
    assertThat(first.childShards()).isEmpty();
    assertThat(last.records()).hasSize(1);
    assertThat(last.nextIterator()).isNull();
    assertThat(last.childShards())
        .extracting(ChildShard::id, ChildShard::parentIds)
        .containsExactly(tuple(id(1), List.of(id(0))), tuple(id(2), List.of(id(0))));
  }

  @Test
  void both_parents_of_a_merge_name_the_one_child_with_both_parents() {
    engine.splitShard(ORDERS, id(0), HALF);
    engine.mergeShards(ORDERS, id(1), id(2));

    for (String parent : List.of(id(1), id(2))) {
      String iterator = engine.shardIterator(ORDERS, parent, new StartFrom.Latest());
      assertThat(engine.read(CALLER, iterator, 10).childShards())
          .containsExactly(
              new ChildShard(
                  id(3), List.of(id(1), id(2)), new HashRange(HashKey.MIN, HashKey.MAX)));
    }
  }

  @Test
  void records_go_to_the_open_shard_of_their_key_or_of_the_explicit_hash() {
    engine.splitShard(ORDERS, id(0), HALF);

    assertThat(shardOf(PutEntry.of("a", "0", new byte[0]))).isEqualTo(id(1));
    assertThat(shardOf(PutEntry.of("a", HALF, new byte[0]))).isEqualTo(id(2));
    assertThat(shardOf(PutEntry.of("a", HashKey.MAX.toString(), new byte[0]))).isEqualTo(id(2));
    // MD5 of "a" begins with 0x0c, that of "b" with 0x92.
    assertThat(shardOf(PutEntry.of("a", null, new byte[0]))).isEqualTo(id(1));
    assertThat(shardOf(PutEntry.of("b", null, new byte[0]))).isEqualTo(id(2));
  }

  @Test
  void a_split_outside_the_shard_or_at_its_edge_is_refused() {
    for (String start : List.of("0", "1", HashKey.MAX.toString(), "9".repeat(39))) {
      assertThatThrownBy(() -> engine.splitShard(ORDERS, id(0), start))
          .asInstanceOf(type(KinesisError.class))
          .returns("InvalidArgumentException", KinesisError::code)
          .returns(
              "NewStartingHashKey "
                  + start
                  + " used in SplitShard() on shard shardId-000000000000 in stream orders under"
                  + " account 000000000000 is not both greater than one plus the shard's"
                  + " StartingHashKey 0 and less than the shard's EndingHashKey"
                  + " 340282366920938463463374607431768211455.",
              KinesisError::getMessage);
    }
  }

  @Test
  void shards_that_do_not_touch_or_are_closed_or_unknown_are_refused() {
    engine.splitShard(ORDERS, id(0), HALF);
    engine.splitShard(ORDERS, id(1), QUARTER);

    assertThatThrownBy(() -> engine.mergeShards(ORDERS, id(2), id(3)))
        .hasMessage(
            "Shards shardId-000000000002 and shardId-000000000003 in stream orders under account"
                + " 000000000000 are not an adjacent pair of shards eligible for merging");
    assertThatThrownBy(() -> engine.splitShard(ORDERS, id(0), HALF))
        .asInstanceOf(type(KinesisError.class))
        .returns("InvalidArgumentException", KinesisError::code)
        .returns(
            "Shard shardId-000000000000 in stream orders under account 000000000000 has already"
                + " been merged or split, and thus is not eligible for merging or splitting.",
            KinesisError::getMessage);
    assertThatThrownBy(() -> engine.splitShard(ORDERS, "nonsense", HALF))
        .hasMessage("Could not find shard nonsense in stream orders under account 000000000000.");
  }

  @Test
  void filters_choose_shards_by_their_life() {
    clock.advance(Duration.ofMinutes(1));
    long beforeSplit = clock.millis();
    clock.advance(Duration.ofMinutes(1));
    engine.splitShard(ORDERS, id(0), HALF);
    clock.advance(Duration.ofMinutes(1));
    long afterSplit = clock.millis();

    assertThat(ids(new ShardFilter.FromTrimHorizon())).containsExactly(id(0), id(1), id(2));
    assertThat(ids(new ShardFilter.AtTrimHorizon())).containsExactly(id(0));
    assertThat(ids(new ShardFilter.AtLatest())).containsExactly(id(1), id(2));
    assertThat(ids(new ShardFilter.AtTime(beforeSplit))).containsExactly(id(0));
    assertThat(ids(new ShardFilter.AtTime(afterSplit))).containsExactly(id(1), id(2));
    assertThat(ids(new ShardFilter.FromTime(beforeSplit))).containsExactly(id(0), id(1), id(2));
    assertThat(ids(new ShardFilter.FromTime(afterSplit))).containsExactly(id(1), id(2));
    assertThat(ids(new ShardFilter.AfterShard(1))).containsExactly(id(2));
  }

  @Test
  void a_closed_shard_leaves_the_list_a_day_later_and_its_children_are_the_first_then() {
    engine.splitShard(ORDERS, id(0), HALF);
    clock.advance(Duration.ofHours(24).plusSeconds(1));

    assertThat(ids(new ShardFilter.FromTrimHorizon())).containsExactly(id(1), id(2));
    assertThat(ids(new ShardFilter.AtTrimHorizon())).containsExactly(id(1), id(2));
  }

  @Test
  void a_shard_past_retention_and_its_children_are_never_listed_as_first_together() {
    clock.advance(Duration.ofMillis(100));
    engine.splitShard(ORDERS, id(0), HALF);
    clock.advance(Duration.ofHours(24));
    assertThat(ids(new ShardFilter.AtTrimHorizon())).containsExactly(id(0));

    clock.advance(Duration.ofMillis(1));
    assertThat(ids(new ShardFilter.AtTrimHorizon())).containsExactly(id(1), id(2));
    assertThat(ids(new ShardFilter.FromTrimHorizon())).containsExactly(id(1), id(2));
  }

  @Test
  void at_a_time_before_the_stream_the_list_shows_its_first_shards_and_is_not_empty() {
    long beforeStream = clock.millis() - 60_000;
    long beforeHorizon = clock.millis() - Duration.ofDays(2).toMillis();
    clock.advance(Duration.ofMinutes(1));
    engine.splitShard(ORDERS, id(0), HALF);

    assertThat(ids(new ShardFilter.AtTime(beforeStream))).containsExactly(id(0));
    assertThat(ids(new ShardFilter.AtTime(beforeHorizon))).containsExactly(id(0));
  }

  @Test
  void a_list_of_shards_comes_page_by_page_and_keeps_its_filter() {
    engine.splitShard(ORDERS, id(0), HALF);
    engine.splitShard(ORDERS, id(1), QUARTER);

    ShardPage first = engine.listShards(ORDERS, new ShardFilter.AtLatest(), -1, 2);
    ShardPage second = engine.listMoreShards(CALLER, first.nextToken(), 2);

    assertThat(first.shards()).extracting(ShardView::id).containsExactly(id(2), id(3));
    assertThat(second.shards()).extracting(ShardView::id).containsExactly(id(4));
    assertThat(second.nextToken()).isNull();
    clock.advance(Duration.ofSeconds(301));
    assertThatThrownBy(() -> engine.listMoreShards(CALLER, first.nextToken(), 2))
        .asInstanceOf(type(KinesisError.class))
        .returns("ExpiredNextTokenException", KinesisError::code);
  }

  private static String half(HashRange range) {
    return range.start().number().add(range.end().number()).shiftRight(1).toString();
  }

  private static String id(int index) {
    return Shard.id(index);
  }

  private List<ShardView> shards(ShardFilter filter) {
    return engine.listShards(ORDERS, filter, -1, 1000).shards();
  }

  private List<String> ids(ShardFilter filter) {
    return shards(filter).stream().map(ShardView::id).toList();
  }

  private String put(String explicitHashKey) {
    PutEntry entry = PutEntry.of("key", explicitHashKey, new byte[1]);
    return ((PutOutcome.Stored) engine.put(ORDERS, List.of(entry)).get(0)).number().toString();
  }

  private String shardOf(PutEntry entry) {
    return ((PutOutcome.Stored) engine.put(ORDERS, List.of(entry)).get(0)).shardId();
  }
}
