package io.headrace.local.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import io.headrace.local.VirtualClock;
import io.headrace.local.log.SequenceNumber;
import io.headrace.local.log.StoredRecord;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class EngineTest {
  private static final Caller CALLER = new Caller("000000000000", "us-east-1");
  private static final StreamKey ORDERS = new StreamKey("000000000000", "us-east-1", "orders");
  private static final String FIRST = "shardId-000000000000";

  private final VirtualClock clock = new VirtualClock();
  private final Engine engine = engine(64L << 20, Duration.ZERO);

  @Test
  void an_iterator_works_again_and_again_for_five_minutes_and_then_expires() {
    create(1);
    put("a");
    String iterator = iterator(new StartFrom.TrimHorizon());
    clock.advance(Duration.ofMinutes(5));

    assertThat(texts(read(iterator))).containsExactly("a");
    assertThat(texts(read(iterator))).containsExactly("a");

    clock.advance(Duration.ofMillis(1));
    assertThatThrownBy(() -> read(iterator))
        .asInstanceOf(type(KinesisError.class))
        .returns("ExpiredIteratorException", KinesisError::code)
        .returns(
            "Iterator expired. The iterator was created at time Thu Jan 22 01:22:02 UTC 2026 while"
                + " right now it is Thu Jan 22 01:27:02 UTC 2026 which is further in the future"
                + " than the tolerated delay of 300000 milliseconds.",
            KinesisError::getMessage);
  }

  @Test
  void an_iterator_that_nobody_gave_out_is_refused() {
    create(1);

    assertThatThrownBy(() -> read("AAAA"))
        .asInstanceOf(type(KinesisError.class))
        .returns("InvalidArgumentException", KinesisError::code)
        .returns("Invalid ShardIterator.", KinesisError::getMessage);
  }

  @Test
  void an_iterator_does_not_reach_a_later_stream_of_the_same_name() {
    create(1);
    String iterator = iterator(new StartFrom.TrimHorizon());
    engine.deleteStream(ORDERS, false);
    clock.advance(Duration.ofSeconds(1));
    create(1);

    assertThatThrownBy(() -> read(iterator))
        .asInstanceOf(type(KinesisError.class))
        .returns("ResourceNotFoundException", KinesisError::code);
  }

  @Test
  void records_are_gone_a_day_after_their_arrival_and_their_memory_with_them() {
    create(1);
    put("old");
    clock.advance(Duration.ofHours(23));
    put("young");
    clock.advance(Duration.ofHours(1).plusSeconds(1));

    assertThat(texts(read(iterator(new StartFrom.TrimHorizon())))).containsExactly("young");
    clock.advance(Duration.ofDays(1));
    assertThat(texts(read(iterator(new StartFrom.TrimHorizon())))).isEmpty();
    assertThat(engine.recordBytes()).isZero();
  }

  @Test
  void a_deleted_stream_gives_its_memory_back() {
    create(1);
    put("a");

    engine.deleteStream(ORDERS, false);

    assertThat(engine.recordBytes()).isZero();
    assertThatThrownBy(() -> put("b"))
        .hasMessage("Stream orders under account 000000000000 not found.");
  }

  @Test
  void a_time_leads_to_the_first_record_that_arrived_then_or_later() {
    create(1);
    put("a");
    clock.advance(Duration.ofMillis(10));
    put("b");
    clock.advance(Duration.ofMillis(10));
    put("c");
    long start = VirtualClock.START.toEpochMilli();

    assertThat(texts(read(iterator(new StartFrom.Time(0))))).containsExactly("a", "b", "c");
    assertThat(texts(read(iterator(new StartFrom.Time(start + 1))))).containsExactly("b", "c");
    assertThat(texts(read(iterator(new StartFrom.Time(start + 10))))).containsExactly("b", "c");
    assertThat(texts(read(iterator(new StartFrom.Time(start + 11))))).containsExactly("c");
    clock.advance(Duration.ofSeconds(1));
    assertThat(texts(read(iterator(new StartFrom.Time(start + 21))))).isEmpty();
    assertThatThrownBy(() -> iterator(new StartFrom.Time(start + 1021)))
        .asInstanceOf(type(KinesisError.class))
        .returns("InvalidArgumentException", KinesisError::code);
  }

  @Test
  void a_clock_that_is_set_back_does_not_put_records_out_of_order() {
    create(1);
    put("a");
    clock.advance(Duration.ofSeconds(-10));
    put("b");

    RecordsRead read = read(iterator(new StartFrom.TrimHorizon()));

    assertThat(texts(read)).containsExactly("a", "b");
    assertThat(read.records())
        .extracting(StoredRecord::arrivalMillis)
        .containsOnly(VirtualClock.START.toEpochMilli());
  }

  @Test
  void latest_sees_only_what_comes_after() {
    create(1);
    put("before");
    String latest = iterator(new StartFrom.Latest());
    put("after");

    assertThat(texts(read(latest))).containsExactly("after");
  }

  @Test
  void a_number_leads_to_its_record_or_to_the_next_one() {
    create(1);
    put("a");
    String number = put("b").toString();
    put("c");

    assertThat(texts(read(iterator(new StartFrom.At(number))))).containsExactly("b", "c");
    assertThat(texts(read(iterator(new StartFrom.After(number))))).containsExactly("c");
  }

  @Test
  void a_number_of_another_shard_or_stream_is_refused() {
    create(2);
    clock.advance(Duration.ofSeconds(5));
    StreamKey other = new StreamKey("000000000000", "us-east-1", "other");
    engine.createStream(other, StreamMode.PROVISIONED, 1);
    String second = shards(new ShardFilter.FromTrimHorizon()).get(1).startingSequenceNumber();
    String foreign =
        engine
            .listShards(other, new ShardFilter.AtLatest(), -1, 1)
            .shards()
            .get(0)
            .startingSequenceNumber();

    assertThatThrownBy(() -> iterator(new StartFrom.At(second)))
        .hasMessage(
            "Invalid StartingSequenceNumber. It encodes shardId-000000000001, while it was used in"
                + " a call to a shard with shardId-000000000000");
    assertThatThrownBy(() -> iterator(new StartFrom.At(foreign)))
        .hasMessageEndingWith("is invalid because it did not come from this stream.");
    assertThatThrownBy(() -> iterator(new StartFrom.At("17")))
        .hasMessage(
            "Invalid StartingSequenceNumber. It encodes shardId-000000000017, while it was used in"
                + " a call to a shard with shardId-000000000000");
  }

  @Test
  void how_far_behind_a_reader_is_counts_from_the_last_record_it_got() {
    create(1);
    put("a");
    clock.advance(Duration.ofMillis(700));
    put("b");
    put("c");

    RecordsRead first = engine.read(CALLER, iterator(new StartFrom.TrimHorizon()), 1);
    RecordsRead second = engine.read(CALLER, next(first), 1);
    RecordsRead third = engine.read(CALLER, next(second), 1);

    assertThat(first.millisBehindLatest()).isEqualTo(700);
    assertThat(second.millisBehindLatest()).isPositive();
    assertThat(third.millisBehindLatest()).isZero();
  }

  @Test
  void a_read_stops_before_it_exceeds_ten_mebibytes() {
    StreamOptions options = StreamOptions.of(StreamMode.PROVISIONED).withRecordKibMax(2048);
    engine.createStream(new NewStream(ORDERS, options, 1, Labels.NONE));
    byte[] large = new byte[1024 * 1024];
    for (int i = 0; i < 11; i++) {
      engine.put(ORDERS, List.of(PutEntry.of("k", null, large)));
    }

    RecordsRead first = read(iterator(new StartFrom.TrimHorizon()));

    assertThat(first.records()).hasSize(9);
    assertThat(read(next(first)).records()).hasSize(2);
  }

  @Test
  void a_put_beyond_the_memory_is_refused_and_the_rest_stays() {
    Engine small = engine(1_000, Duration.ZERO);
    small.createStream(ORDERS, StreamMode.PROVISIONED, 1);
    PutEntry entry = PutEntry.of("key", null, new byte[500]);

    List<PutOutcome> outcomes = small.put(ORDERS, List.of(entry, entry));

    assertThat(outcomes.get(0)).isInstanceOf(PutOutcome.Stored.class);
    assertThat(outcomes.get(1))
        .isEqualTo(
            new PutOutcome.Refused(
                "InternalFailure",
                "The local server holds 517 bytes of records, and its limit memoryBytesMax is"
                    + " 1000."));
  }

  @Test
  void records_past_retention_in_a_stream_that_nobody_calls_leave_room_for_a_put_to_another() {
    Engine small = engine(1_000, Duration.ZERO);
    StreamKey forgotten = new StreamKey("000000000000", "us-east-1", "forgotten");
    small.createStream(forgotten, StreamMode.PROVISIONED, 1);
    small.createStream(ORDERS, StreamMode.PROVISIONED, 1);
    PutEntry large = PutEntry.of("k", null, new byte[600]);
    small.put(forgotten, List.of(large));
    assertThat(small.put(ORDERS, List.of(large)).get(0)).isInstanceOf(PutOutcome.Refused.class);

    clock.advance(Duration.ofHours(25));

    assertThat(small.put(ORDERS, List.of(large)).get(0)).isInstanceOf(PutOutcome.Stored.class);
  }

  @Test
  void a_change_of_state_takes_as_long_as_it_was_told_to() {
    Engine slow = engine(64L << 20, Duration.ofSeconds(2));
    slow.createStream(ORDERS, StreamMode.PROVISIONED, 2);
    assertThat(slow.describe(ORDERS).status()).isEqualTo(StreamStatus.CREATING);
    assertThatThrownBy(() -> slow.put(ORDERS, List.of(PutEntry.of("k", null, new byte[1]))))
        .hasMessage("Stream orders under account 000000000000 not found.");

    clock.advance(Duration.ofSeconds(2));
    assertThat(slow.describe(ORDERS).status()).isEqualTo(StreamStatus.ACTIVE);
    slow.mergeShards(ORDERS, FIRST, "shardId-000000000001");
    assertThat(slow.describe(ORDERS).status()).isEqualTo(StreamStatus.UPDATING);
    assertThat(slow.describe(ORDERS).openShards()).isEqualTo(2);
    assertThatThrownBy(() -> slow.splitShard(ORDERS, FIRST, "5"))
        .hasMessage(
            "Stream orders under account 000000000000 not ACTIVE, instead in state UPDATING");

    clock.advance(Duration.ofSeconds(2));
    assertThat(slow.describe(ORDERS).openShards()).isEqualTo(1);
    slow.deleteStream(ORDERS, false);
    assertThat(slow.describe(ORDERS).status()).isEqualTo(StreamStatus.DELETING);
    clock.advance(Duration.ofSeconds(2));
    assertThatThrownBy(() -> slow.describe(ORDERS))
        .hasMessage("Stream orders under account 000000000000 not found.");
    assertThat(slow.listStreams(CALLER, "", 10).streams()).isEmpty();
  }

  @Test
  void a_stream_that_is_there_cannot_be_made_again() {
    create(1);

    assertThatThrownBy(() -> create(1))
        .asInstanceOf(type(KinesisError.class))
        .returns("ResourceInUseException", KinesisError::code)
        .returns(
            "Stream orders under account 000000000000 already exists.", KinesisError::getMessage);
  }

  @Test
  void shards_beyond_the_account_limit_are_refused() {
    create(90);

    assertThatThrownBy(
            () ->
                engine.createStream(
                    new StreamKey("000000000000", "us-east-1", "more"), StreamMode.PROVISIONED, 11))
        .asInstanceOf(type(KinesisError.class))
        .returns("LimitExceededException", KinesisError::code)
        .returns(
            "This request would exceed the shard limit for the account 000000000000 in us-east-1."
                + " Current shard count for the account: 90. Limit: 100. Number of additional"
                + " shards that would have resulted from this request: 11.",
            KinesisError::getMessage);
  }

  @Test
  void streams_are_listed_by_name_page_by_page() {
    for (String name : List.of("c", "a", "b")) {
      engine.createStream(
          new StreamKey("000000000000", "us-east-1", name), StreamMode.PROVISIONED, 1);
    }
    engine.createStream(new StreamKey("000000000000", "eu-west-1", "d"), StreamMode.PROVISIONED, 1);

    StreamPage first = engine.listStreams(CALLER, "", 2);
    assertThat(first.streams()).extracting(view -> view.key().name()).containsExactly("a", "b");
    String last = StreamListToken.lastName(first.nextToken());
    StreamPage second = engine.listStreams(CALLER, last, 2);
    assertThat(second.streams()).extracting(view -> view.key().name()).containsExactly("c");
    assertThat(second.nextToken()).isNull();
  }

  private Engine engine(long memoryBytesMax, Duration stateChangeTakes) {
    return new Engine(clock, new EngineSettings(memoryBytesMax, 100, stateChangeTakes));
  }

  private void create(int shards) {
    engine.createStream(ORDERS, StreamMode.PROVISIONED, shards);
  }

  private List<ShardView> shards(ShardFilter filter) {
    return engine.listShards(ORDERS, filter, -1, 1000).shards();
  }

  private SequenceNumber put(String text) {
    byte[] data = text.getBytes(StandardCharsets.UTF_8);
    PutOutcome outcome = engine.put(ORDERS, List.of(PutEntry.of("key", null, data))).get(0);
    return ((PutOutcome.Stored) outcome).number();
  }

  private String iterator(StartFrom start) {
    return engine.shardIterator(ORDERS, FIRST, start);
  }

  private RecordsRead read(String iterator) {
    return engine.read(CALLER, iterator, 10_000);
  }

  private static String next(RecordsRead read) {
    return read.nextIterator();
  }

  private static List<String> texts(RecordsRead read) {
    return read.records().stream()
        .map(record -> new String(record.data(), StandardCharsets.UTF_8))
        .toList();
  }
}
