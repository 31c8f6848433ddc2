package io.headrace.local.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.local.VirtualClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The limits of a shard and of calls, in virtual time. */
class ShardLimitsTest {
  private static final StreamKey ORDERS = new StreamKey("000000000000", "us-east-1", "orders");
  private static final Caller CALLER = new Caller("000000000000", "us-east-1");
  private static final String SHARD = "shardId-000000000000";
  private static final int MIB = 1 << 20;
  private static final String READ_REFUSED =
      "Rate exceeded for Shard - 000000000000/orders/shardId-000000000000";

  private final VirtualClock clock = new VirtualClock();
  private final Engine engine = engine(LimitScale.AS_AWS);

  @BeforeEach
  void create() {
    StreamOptions options =
        StreamOptions.of(StreamMode.PROVISIONED).withRecordKibMax(StreamOptions.RECORD_KIB_LIMIT);
    engine.createStream(new NewStream(ORDERS, options, 1, Labels.NONE));
  }

  @Test
  void a_shard_takes_a_thousand_records_a_second_and_refuses_the_next_by_name() {
    assertThat(stored(engine.put(ORDERS, entries(500, 10)))).isEqualTo(500);
    assertThat(stored(engine.put(ORDERS, entries(500, 10)))).isEqualTo(500);

    PutOutcome over = engine.put(ORDERS, entries(1, 10)).get(0);

    assertThat(over)
        .isEqualTo(
            new PutOutcome.Refused(
                "ProvisionedThroughputExceededException",
                "Rate exceeded for shard shardId-000000000000 in stream orders under account"
                    + " 000000000000."));
    clock.advance(Duration.ofMillis(100));
    assertThat(stored(engine.put(ORDERS, entries(200, 10)))).isEqualTo(100);
  }

  @Test
  void a_shard_takes_a_mebibyte_a_second_with_its_keys() {
    assertThat(stored(engine.put(ORDERS, entries(3, MIB / 2 - 1)))).isEqualTo(2);
    clock.advance(Duration.ofMillis(499));
    assertThat(stored(engine.put(ORDERS, entries(1, MIB / 2 - 1)))).isEqualTo(0);
    clock.advance(Duration.ofMillis(1));
    assertThat(stored(engine.put(ORDERS, entries(1, MIB / 2 - 1)))).isEqualTo(1);
  }

  @Test
  void small_records_after_a_refused_large_one_still_go_in() {
    List<PutEntry> mixed = new ArrayList<>(entries(1, MIB - 101));
    mixed.addAll(entries(1, MIB / 2));
    mixed.addAll(entries(1, 99));

    List<PutOutcome> outcomes = engine.put(ORDERS, mixed);

    assertThat(outcomes.get(0)).isInstanceOf(PutOutcome.Stored.class);
    assertThat(outcomes.get(1)).isInstanceOf(PutOutcome.Refused.class);
    assertThat(outcomes.get(2)).isInstanceOf(PutOutcome.Stored.class);
  }

  @Test
  void a_record_of_ten_mebibytes_comes_from_the_reserve_which_fills_in_ten_seconds() {
    assertThat(stored(engine.put(ORDERS, entries(1, 10 * MIB - 1)))).isEqualTo(1);
    assertThat(stored(engine.put(ORDERS, entries(1, 10 * MIB - 1)))).isEqualTo(0);
    assertThat(stored(engine.put(ORDERS, entries(1, 1000)))).isEqualTo(0);

    clock.advance(Duration.ofSeconds(1));
    assertThat(stored(engine.put(ORDERS, entries(1, 1000)))).isEqualTo(1);
    assertThat(stored(engine.put(ORDERS, entries(1, 2 * MIB)))).isEqualTo(0);
    clock.advance(Duration.ofSeconds(9));
    assertThat(stored(engine.put(ORDERS, entries(1, 10 * MIB - 1)))).isEqualTo(0);
    clock.advance(Duration.ofMillis(1));
    assertThat(stored(engine.put(ORDERS, entries(1, 10 * MIB - 1)))).isEqualTo(1);
  }

  @Test
  void a_shard_is_read_five_times_a_second() {
    String iterator = iterator();
    for (int i = 0; i < 5; i++) {
      engine.read(CALLER, iterator, 10);
    }

    assertThatThrownBy(() -> engine.read(CALLER, iterator, 10))
        .isInstanceOf(KinesisError.class)
        .hasMessage(READ_REFUSED)
        .extracting(error -> ((KinesisError) error).code())
        .isEqualTo("ProvisionedThroughputExceededException");
    clock.advance(Duration.ofMillis(200));
    engine.read(CALLER, iterator, 10);
  }

  @Test
  void ten_mebibytes_read_at_once_close_the_shard_for_five_seconds() {
    for (int i = 0; i < 10; i++) {
      assertThat(stored(engine.put(ORDERS, entries(1, MIB - 1)))).isEqualTo(1);
      clock.advance(Duration.ofSeconds(1));
    }
    String iterator = iterator();

    assertThat(engine.read(CALLER, iterator, 10_000).records()).hasSize(10);

    clock.advance(Duration.ofMillis(4_999));
    assertThatThrownBy(() -> engine.read(CALLER, iterator, 10)).hasMessage(READ_REFUSED);
    clock.advance(Duration.ofMillis(1));
    engine.read(CALLER, iterator, 1);
  }

  @Test
  void iterators_are_given_five_times_a_second_and_shard() {
    for (int i = 0; i < 5; i++) {
      iterator();
    }
    assertThatThrownBy(this::iterator).hasMessage(READ_REFUSED);
    clock.advance(Duration.ofMillis(200));
    iterator();
  }

  @Test
  void each_shard_has_limits_of_its_own_and_so_have_the_children_of_a_split() {
    assertThat(stored(engine.put(ORDERS, entries(1001, 1)))).isEqualTo(1000);
    engine.splitShard(ORDERS, SHARD, "170141183460469231731687303715884105728");

    assertThat(stored(engine.put(ORDERS, entries(1000, 1)))).isEqualTo(1000);
  }

  @Test
  void scaled_limits_are_shares_of_these_and_any_record_still_fits_in_time() {
    Engine tenth = engine(new LimitScale(0.1));
    tenth.createStream(ORDERS, StreamMode.PROVISIONED, 1);

    assertThat(stored(tenth.put(ORDERS, entries(101, 1)))).isEqualTo(100);
    clock.advance(Duration.ofSeconds(1));
    assertThat(stored(tenth.put(ORDERS, entries(2, MIB - 1)))).isEqualTo(1);
    clock.advance(Duration.ofMillis(9_999));
    assertThat(stored(tenth.put(ORDERS, entries(1, MIB - 1)))).isEqualTo(0);
    clock.advance(Duration.ofMillis(1));
    assertThat(stored(tenth.put(ORDERS, entries(1, MIB - 1)))).isEqualTo(1);
  }

  @Test
  void without_limits_nothing_is_refused() {
    Engine free = engine(LimitScale.OFF);
    free.createStream(ORDERS, StreamMode.PROVISIONED, 1);

    assertThat(free.countsCalls()).isFalse();
    assertThat(stored(free.put(ORDERS, entries(5_000, 1)))).isEqualTo(5_000);
    for (int i = 0; i < 100; i++) {
      free.countCall("DescribeLimits", CALLER, null);
    }
  }

  @Test
  void calls_are_counted_by_action_and_account_and_refused_in_the_services_words() {
    for (int i = 0; i < 10; i++) {
      engine.countCall("DescribeStream", CALLER, "orders");
    }
    engine.countCall("DescribeLimits", CALLER, null);

    assertThatThrownBy(() -> engine.countCall("DescribeStream", CALLER, "others"))
        .isInstanceOf(KinesisError.class)
        .hasMessage("Rate exceeded for stream others under account 000000000000.")
        .extracting(error -> ((KinesisError) error).code())
        .isEqualTo("LimitExceededException");
    assertThatThrownBy(() -> engine.countCall("DescribeLimits", CALLER, null))
        .hasMessage("Rate exceeded for account 000000000000.");
    engine.countCall("DescribeStream", new Caller("000000000000", "eu-west-1"), "orders");
    engine.countCall("DescribeStream", new Caller("111111111111", "us-east-1"), "orders");
    clock.advance(Duration.ofMillis(100));
    engine.countCall("DescribeStream", CALLER, "orders");
  }

  @Test
  void calls_on_one_stream_do_not_use_up_those_on_another_where_streams_are_counted() {
    for (int i = 0; i < 5; i++) {
      engine.countCall("SplitShard", CALLER, "orders");
    }
    assertThatThrownBy(() -> engine.countCall("SplitShard", CALLER, "orders"))
        .hasMessage("Rate exceeded for stream orders under account 000000000000.");
    engine.countCall("SplitShard", CALLER, "others");
  }

  @Test
  void counting_calls_on_ever_new_streams_takes_no_more_memory_and_forgets_only_the_rested() {
    for (int i = 0; i < 30_000; i++) {
      engine.countCall("ListShards", CALLER, "stream-" + i);
    }
    engine.countCall("ListShards", CALLER, "stream-0");
  }

  private Engine engine(LimitScale scale) {
    return new Engine(clock, new EngineSettings(256L << 20, 100, Duration.ZERO, scale));
  }

  private String iterator() {
    return engine.shardIterator(ORDERS, SHARD, new StartFrom.TrimHorizon());
  }

  private static List<PutEntry> entries(int count, int dataBytes) {
    PutEntry entry = PutEntry.of("k", null, new byte[dataBytes]);
    List<PutEntry> entries = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      entries.add(entry);
    }
    return entries;
  }

  private static long stored(List<PutOutcome> outcomes) {
    return outcomes.stream().filter(PutOutcome.Stored.class::isInstance).count();
  }
}
