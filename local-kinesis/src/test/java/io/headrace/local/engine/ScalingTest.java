package io.headrace.local.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import io.headrace.local.VirtualClock;
import java.math.BigInteger;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ScalingTest {
  private static final Caller CALLER = new Caller("000000000000", "us-east-1");
  private static final StreamKey ORDERS = new StreamKey("000000000000", "us-east-1", "orders");
  private static final Duration TAKES = Duration.ofSeconds(30);

  private final VirtualClock clock = new VirtualClock();
  private final Engine engine = new Engine(clock, new EngineSettings(64L << 20, 15_000, TAKES));

  @Test
  void doubling_splits_every_shard_once_when_the_update_is_done() {
    create(2);

    ShardCountChange change = engine.capacity().updateShardCount(ORDERS, 4);

    assertThat(change).isEqualTo(new ShardCountChange(ORDERS, 2, 4));
    assertThat(engine.describe(ORDERS).status()).isEqualTo(StreamStatus.UPDATING);
    assertThat(shards(new ShardFilter.FromTrimHorizon())).hasSize(2);
    clock.advance(TAKES);
    assertThat(engine.describe(ORDERS).status()).isEqualTo(StreamStatus.ACTIVE);
    assertThat(shards(new ShardFilter.FromTrimHorizon()))
        .extracting(ShardView::id, ShardView::parentId, shard -> isOpen(shard))
        .containsExactly(
            tuple(id(0), null, false),
            tuple(id(1), null, false),
            tuple(id(2), id(0), true),
            tuple(id(3), id(0), true),
            tuple(id(4), id(1), true),
            tuple(id(5), id(1), true));
    assertRingIsEven(4);
  }

  @Test
  void halving_merges_neighbours() {
    create(4);

    scale(2);

    assertThat(shards(new ShardFilter.AtLatest()))
        .extracting(ShardView::id, ShardView::parentId, ShardView::adjacentParentId)
        .containsExactly(tuple(id(4), id(0), id(1)), tuple(id(5), id(2), id(3)));
    assertRingIsEven(2);
  }

  @Test
  void other_numbers_make_shards_that_live_for_a_moment() {
    create(2);

    scale(3);

    assertThat(shards(new ShardFilter.FromTrimHorizon()))
        .extracting(
            ShardView::id, ShardView::parentId, ShardView::adjacentParentId, shard -> isOpen(shard))
        .containsExactly(
            tuple(id(0), null, null, false),
            tuple(id(1), null, null, false),
            tuple(id(2), id(0), null, true),
            tuple(id(3), id(0), null, false),
            tuple(id(4), id(1), null, false),
            tuple(id(5), id(1), null, true),
            tuple(id(6), id(3), id(4), true));
    assertRingIsEven(3);
  }

  @Test
  void every_record_is_found_by_following_the_children_through_random_scalings() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    create(3);
    Set<String> written = new HashSet<>();
    int open = 3;
    for (int round = 0; round < 9; round++) {
      for (int i = 0; i < 50; i++) {
        written.add(put(Long.toString(random.nextLong())));
      }
      int target = (open + 1) / 2 + random.nextInt(2 * open - (open + 1) / 2 + 1);
      engine.capacity().updateShardCount(ORDERS, target);
      clock.advance(TAKES);
      assertRingIsEven(target);
      open = target;
    }

    assertThat(readAll()).as("seed %d", seed).isEqualTo(written);
  }

  @Test
  void many_shards_are_scaled_at_once() {
    create(5000);

    scale(10_000);
    assertRingIsEven(10_000);
    scale(7001);
    assertRingIsEven(7001);
  }

  @ParameterizedTest
  @CsvSource({
    "9, 'UpdateShardCount cannot scale up over double your current open shard count. Current open"
        + " shard count: 4 Target shard count: 9'",
    "1, 'UpdateShardCount cannot scale down below half your current open shard count. Current open"
        + " shard count: 4 Target shard count: 1'",
    "10001, 'Target shard count or number of open shards cannot be greater than 10000. Current open"
        + " shard count: 4 Target shard count: 10001'"
  })
  void a_count_too_far_away_is_refused(int target, String message) {
    create(4);

    assertThatThrownBy(() -> engine.capacity().updateShardCount(ORDERS, target))
        .asInstanceOf(type(KinesisError.class))
        .returns("LimitExceededException", KinesisError::code)
        .returns(message, KinesisError::getMessage);
  }

  @Test
  void the_count_is_updated_ten_times_in_any_24_hours() {
    create(1);
    for (int i = 0; i < 10; i++) {
      scale(i % 2 == 0 ? 2 : 1);
    }

    assertThatThrownBy(() -> engine.capacity().updateShardCount(ORDERS, 2))
        .asInstanceOf(type(KinesisError.class))
        .returns("LimitExceededException", KinesisError::code);
    clock.advance(Duration.ofDays(1).minus(TAKES.multipliedBy(10)));
    scale(2);
  }

  @Test
  void shards_of_an_on_demand_stream_are_not_the_users_to_count() {
    engine.createStream(ORDERS, StreamMode.ON_DEMAND, 4);
    clock.advance(TAKES);

    assertThatThrownBy(() -> engine.capacity().updateShardCount(ORDERS, 8))
        .asInstanceOf(type(KinesisError.class))
        .returns("ValidationException", KinesisError::code)
        .returns(
            "Request is invalid. Stream orders under account 000000000000 is in On-Demand mode.",
            KinesisError::getMessage);
  }

  @Test
  void the_shards_that_a_stream_is_about_to_get_count_against_the_account() {
    Engine small = new Engine(clock, new EngineSettings(64L << 20, 10, TAKES));
    StreamKey other = new StreamKey("000000000000", "us-east-1", "other");
    small.createStream(ORDERS, StreamMode.PROVISIONED, 4);
    clock.advance(TAKES);
    small.capacity().updateShardCount(ORDERS, 8);

    assertThatThrownBy(() -> small.createStream(other, StreamMode.PROVISIONED, 3))
        .hasMessage(
            "This request would exceed the shard limit for the account 000000000000 in us-east-1."
                + " Current shard count for the account: 8. Limit: 10. Number of additional shards"
                + " that would have resulted from this request: 3.");
    assertThat(small.capacity().limits(CALLER).openShards()).isEqualTo(8);
  }

  private void create(int shards) {
    engine.createStream(ORDERS, StreamMode.PROVISIONED, shards);
    clock.advance(TAKES);
  }

  private void scale(int target) {
    engine.capacity().updateShardCount(ORDERS, target);
    clock.advance(TAKES);
  }

  private String put(String key) {
    PutOutcome put = engine.put(ORDERS, List.of(PutEntry.of(key, null, new byte[1]))).get(0);
    return ((PutOutcome.Stored) put).number().toString();
  }

  private Set<String> readAll() {
    Set<String> numbers = new HashSet<>();
    for (ShardView shard : shards(new ShardFilter.FromTrimHorizon())) {
      String next = engine.shardIterator(ORDERS, shard.id(), new StartFrom.TrimHorizon());
      RecordsRead read = engine.read(CALLER, next, 10_000);
      read.records().forEach(record -> numbers.add(record.sequenceNumber().toString()));
      assertThat(read.nextIterator() == null).isEqualTo(!isOpen(shard));
      assertThat(read.childShards().isEmpty()).isEqualTo(isOpen(shard));
    }
    return numbers;
  }

  private List<ShardView> shards(ShardFilter filter) {
    return engine.describe(ORDERS, -1, Integer.MAX_VALUE).shards().stream()
        .filter(shard -> filter instanceof ShardFilter.FromTrimHorizon || isOpen(shard))
        .toList();
  }

  private void assertRingIsEven(int count) {
    List<ShardView> open =
        shards(new ShardFilter.AtLatest()).stream()
            .sorted((a, b) -> a.range().start().compareTo(b.range().start()))
            .toList();
    assertThat(open).hasSize(count);
    BigInteger expected = HashKey.COUNT.divide(BigInteger.valueOf(count));
    HashKey from = HashKey.MIN;
    for (ShardView shard : open) {
      assertThat(shard.range().start()).isEqualTo(from);
      BigInteger width = shard.range().end().number().subtract(from.number()).add(BigInteger.ONE);
      // Within two thousandths: nearly even counts, and nobody wants slivers.
      assertThat(width.subtract(expected).abs())
          .isLessThan(expected.divide(BigInteger.valueOf(500)));
      from = shard.range().end().equals(HashKey.MAX) ? from : next(shard.range().end());
    }
    assertThat(open.get(count - 1).range().end()).isEqualTo(HashKey.MAX);
  }

  private static HashKey next(HashKey key) {
    return HashKey.of(key.number().add(BigInteger.ONE));
  }

  private static boolean isOpen(ShardView shard) {
    return shard.endingSequenceNumber() == null;
  }

  private static String id(int index) {
    return Shard.id(index);
  }
}
