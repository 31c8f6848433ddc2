package io.headrace.local.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import io.headrace.local.VirtualClock;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Streams whose shards are the service's to count: modes, splitting by load, warm throughput. */
class OnDemandTest {
  private static final Caller CALLER = new Caller("000000000000", "us-east-1");
  private static final StreamKey ORDERS = new StreamKey("000000000000", "us-east-1", "orders");
  private static final Duration TAKES = Duration.ofSeconds(10);
  private static final Duration MINUTE = Duration.ofMinutes(1);
  private static final int MEBIBYTE = 1 << 20;

  private final VirtualClock clock = new VirtualClock();
  private final Engine engine = new Engine(clock, new EngineSettings(1L << 30, 100, TAKES));

  @BeforeEach
  void create() {
    engine.createStream(ORDERS, StreamMode.ON_DEMAND, 4);
    clock.advance(MINUTE);
    engine.describe(ORDERS);
  }

  @Test
  void a_shard_that_took_more_than_half_of_its_throughput_is_split_after_the_minute() {
    put("0", 31 * MEBIBYTE);
    assertThat(open()).isEqualTo(4);

    clock.advance(MINUTE);

    assertThat(open()).isEqualTo(5);
    assertThat(engine.describe(ORDERS).status()).isEqualTo(StreamStatus.ACTIVE);
    List<ShardView> shards = engine.describe(ORDERS, -1, 100).shards();
    assertThat(shards.get(4).parentId()).isEqualTo(Shard.id(0));
    assertThat(shards.get(5).parentId()).isEqualTo(Shard.id(0));
    assertThat(shards.get(4).range().end()).isEqualTo(shards.get(5).range().start().previous());
  }

  @Test
  void load_on_all_shards_doubles_them() {
    String[] quarters = {"0", quarter(1), quarter(2), quarter(3)};
    for (String hash : quarters) {
      put(hash, 30 * MEBIBYTE);
    }

    clock.advance(MINUTE);

    assertThat(open()).isEqualTo(8);
  }

  @Test
  void many_small_records_count_as_well_as_bytes_do() {
    for (int i = 0; i < 30_001; i++) {
      engine.put(ORDERS, List.of(PutEntry.of("a", "0", new byte[0])));
    }

    clock.advance(MINUTE);

    assertThat(open()).isEqualTo(5);
  }

  @Test
  void a_load_that_the_shards_carry_twice_over_changes_nothing() {
    for (int minute = 0; minute < 10; minute++) {
      put("0", 29 * MEBIBYTE);
      clock.advance(MINUTE);
    }

    assertThat(open()).isEqualTo(4);
  }

  @Test
  void a_provisioned_stream_is_not_split_whatever_comes() {
    engine.capacity().updateMode(ORDERS, StreamMode.PROVISIONED, null);
    clock.advance(TAKES);
    put("0", 100 * MEBIBYTE);
    clock.advance(MINUTE);

    assertThat(open()).isEqualTo(4);
    engine.capacity().updateMode(ORDERS, StreamMode.ON_DEMAND, null);
    clock.advance(MINUTE.multipliedBy(2));
    assertThat(open()).isEqualTo(4);
  }

  @Test
  void the_mode_changes_twice_a_day_and_keeps_the_shards() {
    engine.capacity().updateMode(ORDERS, StreamMode.PROVISIONED, null);
    assertThat(engine.describe(ORDERS).status()).isEqualTo(StreamStatus.UPDATING);
    clock.advance(TAKES);
    engine.capacity().updateMode(ORDERS, StreamMode.ON_DEMAND, null);
    clock.advance(TAKES);

    assertThat(engine.describe(ORDERS).options().mode()).isEqualTo(StreamMode.ON_DEMAND);
    assertThat(open()).isEqualTo(4);
    assertThatThrownBy(() -> engine.capacity().updateMode(ORDERS, StreamMode.PROVISIONED, null))
        .asInstanceOf(type(KinesisError.class))
        .returns("LimitExceededException", KinesisError::code);
    clock.advance(Duration.ofDays(1));
    engine.capacity().updateMode(ORDERS, StreamMode.PROVISIONED, null);
  }

  @Test
  void the_mode_that_a_stream_has_is_given_again_without_counting() {
    for (int i = 0; i < 5; i++) {
      engine.capacity().updateMode(ORDERS, StreamMode.ON_DEMAND, null);
    }

    assertThat(engine.describe(ORDERS).status()).isEqualTo(StreamStatus.ACTIVE);
  }

  @Test
  void warm_throughput_needs_a_commitment_and_makes_shards() {
    assertThatThrownBy(() -> engine.capacity().warm(ORDERS, 10))
        .asInstanceOf(type(KinesisError.class))
        .returns("ValidationException", KinesisError::code);
    assertThat(engine.describe(ORDERS).warm()).isNull();
    engine.capacity().commit(CALLER, true);
    assertThat(engine.describe(ORDERS).warm()).isEqualTo(new WarmThroughput(ORDERS, 4, 4));

    assertThat(engine.capacity().warm(ORDERS, 10)).isEqualTo(new WarmThroughput(ORDERS, 10, 4));
    clock.advance(TAKES);

    assertThat(engine.describe(ORDERS).warm()).isEqualTo(new WarmThroughput(ORDERS, 10, 10));
    assertThat(open()).isEqualTo(10);
    engine.capacity().warm(ORDERS, 0);
    clock.advance(TAKES);
    assertThat(open()).isEqualTo(4);
  }

  @Test
  void warm_throughput_is_for_on_demand_streams_and_ends_at_ten_gibibytes() {
    engine.capacity().commit(CALLER, true);
    assertThatThrownBy(() -> engine.capacity().warm(ORDERS, 10_241))
        .asInstanceOf(type(KinesisError.class))
        .returns("LimitExceededException", KinesisError::code);
    engine.capacity().updateMode(ORDERS, StreamMode.PROVISIONED, null);
    clock.advance(TAKES);

    assertThatThrownBy(() -> engine.capacity().warm(ORDERS, 10))
        .asInstanceOf(type(KinesisError.class))
        .returns("ValidationException", KinesisError::code);
  }

  @Test
  void a_commitment_holds_for_a_day_at_least_and_can_be_taken_up_again() {
    assertThat(status()).isEqualTo(Commitment.Status.DISABLED);
    engine.capacity().commit(CALLER, true);
    assertThat(status()).isEqualTo(Commitment.Status.ENABLED);
    clock.advance(Duration.ofHours(1));
    engine.capacity().commit(CALLER, false);
    assertThat(status()).isEqualTo(Commitment.Status.ENABLED_UNTIL_EARLIEST_ALLOWED_END);
    engine.capacity().commit(CALLER, true);
    assertThat(status()).isEqualTo(Commitment.Status.ENABLED);
    engine.capacity().commit(CALLER, false);
    clock.advance(Duration.ofHours(23));
    assertThat(status()).isEqualTo(Commitment.Status.DISABLED);

    engine.capacity().commit(CALLER, true);
    clock.advance(Duration.ofDays(3));
    engine.capacity().commit(CALLER, false);
    assertThat(status()).isEqualTo(Commitment.Status.DISABLED);
  }

  @Test
  void an_account_has_so_many_on_demand_streams_in_a_region() {
    Engine small =
        new Engine(
            clock,
            new EngineSettings(1 << 20, 100, 1, StateTimes.all(Duration.ZERO), LimitScale.OFF));
    small.createStream(ORDERS, StreamMode.ON_DEMAND, 4);
    StreamKey other = new StreamKey("000000000000", "us-east-1", "other");

    assertThatThrownBy(() -> small.createStream(other, StreamMode.ON_DEMAND, 4))
        .asInstanceOf(type(KinesisError.class))
        .returns("LimitExceededException", KinesisError::code);
    small.createStream(other, StreamMode.PROVISIONED, 1);
    assertThatThrownBy(() -> small.capacity().updateMode(other, StreamMode.ON_DEMAND, null))
        .asInstanceOf(type(KinesisError.class))
        .returns("LimitExceededException", KinesisError::code);
    small.createStream(
        new StreamKey("000000000000", "eu-west-1", "other"), StreamMode.ON_DEMAND, 4);
    assertThat(small.capacity().limits(CALLER)).isEqualTo(new AccountLimits(100, 5, 1, 1));
  }

  @Test
  void five_streams_come_or_go_at_a_time() {
    for (int i = 0; i < 5; i++) {
      engine.createStream(stream(i), StreamMode.PROVISIONED, 1);
    }
    assertThatThrownBy(() -> engine.createStream(stream(5), StreamMode.PROVISIONED, 1))
        .asInstanceOf(type(KinesisError.class))
        .returns("LimitExceededException", KinesisError::code)
        .returns(
            "This request would have exceed the limit on the number  of streams that can"
                + " simultaneously be in CREATING or DELETING for the account 000000000000."
                + " Limit: 5.",
            KinesisError::getMessage);

    clock.advance(TAKES);

    engine.createStream(stream(5), StreamMode.PROVISIONED, 1);
  }

  private static StreamKey stream(int index) {
    return new StreamKey("000000000000", "us-east-1", "stream" + index);
  }

  private static String quarter(int index) {
    return HashRange.evenly(4).get(index).start().toString();
  }

  private void put(String hash, int bytes) {
    byte[] data = new byte[MEBIBYTE - 1];
    for (int i = 0; i < bytes / MEBIBYTE; i++) {
      engine.put(ORDERS, List.of(PutEntry.of("a", hash, data)));
    }
  }

  private int open() {
    return engine.describe(ORDERS).openShards();
  }

  private Commitment.Status status() {
    return engine.capacity().accountSettings(CALLER).status();
  }
}
