package io.headrace.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.ExpiredIteratorException;
import software.amazon.awssdk.services.kinesis.model.ProvisionedThroughputExceededException;
import software.amazon.awssdk.services.kinesis.model.Record;
import software.amazon.awssdk.services.kinesis.model.ResourceNotFoundException;
import software.amazon.awssdk.services.kinesis.model.Shard;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardEvent;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardResponseHandler;

/** Minutes and days of the service without waiting: the clock of an embedded server is moved. */
@Timeout(180)
class VirtualTimeTest {
  private static final Instant START = Instant.parse("2026-03-01T12:00:00Z");
  private static final String SHARD = "shardId-000000000000";
  private static final String MIDDLE = "170141183460469231731687303715884105728";
  private static final String ARN = "arn:aws:kinesis:us-east-1:000000000000:stream/orders";

  private final MovableClock clock = MovableClock.startingAt(START);
  private LocalKinesis kinesis;
  private KinesisAsyncClient client;

  @BeforeEach
  void start() {
    kinesis =
        LocalKinesis.builder()
            .clock(clock)
            .limits(Limits.asAws())
            .stateChangeTakes(Duration.ofMinutes(1))
            .start();
    client = Clients.withoutRetries(kinesis.endpoint());
    kinesis.createStream("orders", 1);
    clock.advance(Duration.ofMinutes(1));
  }

  @AfterEach
  void close() {
    client.close();
    kinesis.close();
  }

  @Test
  void an_iterator_lives_for_five_minutes_and_not_longer() {
    String iterator = iterator();
    clock.advance(Duration.ofMinutes(5));
    client.getRecords(b -> b.shardIterator(iterator)).join();
    clock.advance(Duration.ofMillis(1));

    assertThatThrownBy(() -> client.getRecords(b -> b.shardIterator(iterator)).join())
        .cause()
        .isInstanceOf(ExpiredIteratorException.class)
        .hasMessageContaining("tolerated delay of 300000 milliseconds");
  }

  @Test
  void records_go_after_a_day_and_after_two_where_that_is_asked_for() {
    put("day one");
    clock.advance(Duration.ofHours(24));
    assertThat(read()).containsExactly("day one");
    clock.advance(Duration.ofSeconds(1));
    assertThat(read()).isEmpty();

    client
        .increaseStreamRetentionPeriod(b -> b.streamName("orders").retentionPeriodHours(48))
        .join();
    clock.advance(Duration.ofMinutes(1));
    put("day two");
    clock.advance(Duration.ofHours(47));
    assertThat(read()).containsExactly("day two");
    clock.advance(Duration.ofHours(1).plusSeconds(1));
    assertThat(read()).isEmpty();
  }

  @Test
  void a_stream_is_creating_updating_and_deleting_for_as_long_as_was_chosen() {
    kinesis.createStream("others", 1);
    assertThat(status("others")).isEqualTo("CREATING");
    clock.advance(Duration.ofSeconds(59));
    assertThat(status("others")).isEqualTo("CREATING");
    clock.advance(Duration.ofSeconds(1));
    assertThat(status("others")).isEqualTo("ACTIVE");

    client
        .splitShard(b -> b.streamName("others").shardToSplit(SHARD).newStartingHashKey(MIDDLE))
        .join();
    assertThat(status("others")).isEqualTo("UPDATING");
    clock.advance(Duration.ofMinutes(1));
    assertThat(status("others")).isEqualTo("ACTIVE");

    client.deleteStream(b -> b.streamName("others")).join();
    assertThat(status("others")).isEqualTo("DELETING");
    clock.advance(Duration.ofMinutes(1));
    assertThatThrownBy(() -> status("others"))
        .cause()
        .isInstanceOf(ResourceNotFoundException.class);
  }

  @Test
  void a_split_shard_is_listed_for_a_day_and_then_its_children_only() {
    client
        .splitShard(b -> b.streamName("orders").shardToSplit(SHARD).newStartingHashKey(MIDDLE))
        .join();
    clock.advance(Duration.ofMinutes(1));
    assertThat(shards()).hasSize(3);
    clock.advance(Duration.ofHours(24).plusSeconds(1));

    assertThat(shards()).containsExactly("shardId-000000000001", "shardId-000000000002");
  }

  @Test
  void limits_count_in_the_clocks_seconds() {
    String iterator = iterator();
    for (int i = 0; i < 5; i++) {
      client.getRecords(b -> b.shardIterator(iterator)).join();
    }
    assertThatThrownBy(() -> client.getRecords(b -> b.shardIterator(iterator)).join())
        .cause()
        .isInstanceOf(ProvisionedThroughputExceededException.class);
    clock.advance(Duration.ofSeconds(1));
    client.getRecords(b -> b.shardIterator(iterator)).join();
  }

  @Test
  void a_subscription_gives_signs_of_life_and_ends_after_five_minutes() throws Exception {
    String consumer = consumer();
    clock.advance(Duration.ofMinutes(1));
    BlockingQueue<SubscribeToShardEvent> events = new LinkedBlockingQueue<>();
    CompletableFuture<Void> done = subscribe(consumer, events);
    assertThat(next(events).records()).isEmpty();

    clock.advance(Duration.ofSeconds(5));
    assertThat(next(events).records()).isEmpty();
    put("now");
    assertThat(next(events).records().get(0).data().asUtf8String()).isEqualTo("now");
    clock.advance(Duration.ofMinutes(5));

    done.get(60, TimeUnit.SECONDS);
  }

  @Test
  void a_pushed_reader_gets_two_mebibytes_a_second() throws Exception {
    String consumer = consumer();
    for (int i = 0; i < 6; i++) {
      clock.advance(Duration.ofSeconds(1));
      put("x".repeat(1 << 19));
      put("x".repeat((1 << 19) - 10));
    }
    clock.advance(Duration.ofMinutes(1));
    BlockingQueue<SubscribeToShardEvent> events = new LinkedBlockingQueue<>();
    CompletableFuture<Void> done = subscribe(consumer, events);
    long all = 6L * ((1 << 20) - 10);
    long bytes = 0;
    int seconds = 0;
    while (bytes < all) {
      // Two mebibytes at first and for each second, give or take an event. What must come is waited
      // for; what must not would come before the answer to another call.
      long saved = (2L << 20) * ++seconds;
      while (bytes < Math.min(all, saved - (1 << 20))) {
        bytes += bytes(next(events));
      }
      client.listStreams().join();
      for (var event = events.poll(); event != null; event = events.poll()) {
        bytes += bytes(event);
      }
      assertThat(bytes).isLessThanOrEqualTo(saved + (1 << 20));
      clock.advance(Duration.ofSeconds(1));
    }

    assertThat(seconds).isBetween(2, 4);
    clock.advance(Duration.ofMinutes(5));
    done.get(60, TimeUnit.SECONDS);
  }

  @Test
  void a_clock_that_is_set_back_loses_nothing() {
    put("first");
    clock.set(START.minus(Duration.ofDays(2)));
    put("second");

    assertThat(read()).containsExactly("first", "second");
    assertThatThrownBy(() -> clock.advance(Duration.ofSeconds(-1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("PT-1S");
  }

  private String consumer() {
    return client
        .registerStreamConsumer(b -> b.streamARN(ARN).consumerName("reader"))
        .join()
        .consumer()
        .consumerARN();
  }

  private CompletableFuture<Void> subscribe(
      String consumer, BlockingQueue<SubscribeToShardEvent> events) {
    return client.subscribeToShard(
        b ->
            b.consumerARN(consumer)
                .shardId(SHARD)
                .startingPosition(start -> start.type(ShardIteratorType.TRIM_HORIZON)),
        SubscribeToShardResponseHandler.builder()
            .subscriber(event -> events.add((SubscribeToShardEvent) event))
            .build());
  }

  private static SubscribeToShardEvent next(BlockingQueue<SubscribeToShardEvent> events)
      throws InterruptedException {
    SubscribeToShardEvent event = events.poll(60, TimeUnit.SECONDS);
    assertThat(event).as("an event within a minute").isNotNull();
    return event;
  }

  private static long bytes(SubscribeToShardEvent event) {
    return event.records().stream().mapToInt(each -> each.data().asByteArrayUnsafe().length).sum();
  }

  private void put(String text) {
    client
        .putRecord(
            b -> b.streamName("orders").partitionKey("k").data(SdkBytes.fromUtf8String(text)))
        .join();
  }

  private String iterator() {
    return client
        .getShardIterator(
            b ->
                b.streamName("orders")
                    .shardId(SHARD)
                    .shardIteratorType(ShardIteratorType.TRIM_HORIZON))
        .join()
        .shardIterator();
  }

  private List<String> read() {
    String iterator = iterator();
    List<Record> records = client.getRecords(b -> b.shardIterator(iterator)).join().records();
    return records.stream().map(record -> record.data().asUtf8String()).toList();
  }

  private List<String> shards() {
    return client.listShards(b -> b.streamName("orders")).join().shards().stream()
        .map(Shard::shardId)
        .toList();
  }

  private String status(String stream) {
    return client
        .describeStreamSummary(b -> b.streamName(stream))
        .join()
        .streamDescriptionSummary()
        .streamStatusAsString();
  }
}
