package io.headrace.local;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.local.protocol.Wire;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.http.Protocol;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.ChildShard;
import software.amazon.awssdk.services.kinesis.model.ResourceInUseException;
import software.amazon.awssdk.services.kinesis.model.ResourceNotFoundException;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;
import software.amazon.awssdk.services.kinesis.model.StartingPosition;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardEvent;

/** Subscriptions of the service's own client, as it comes, over HTTP/2 without TLS. */
@Timeout(240)
class SubscribeToShardTest {
  private static final String SHARD = "shardId-000000000000";
  private static final String ARN = "arn:aws:kinesis:us-east-1:000000000000:stream/orders";
  private static final StartingPosition OLDEST = at(ShardIteratorType.TRIM_HORIZON);

  private final VirtualClock clock = new VirtualClock();
  private final LocalKinesis kinesis = LocalKinesis.builder().clock(clock).start();
  private final KinesisAsyncClient client =
      Clients.of(kinesis.endpoint(), Wire.CBOR, Protocol.HTTP2);
  private String consumer;

  @BeforeEach
  void register() {
    kinesis.createStream("orders", 1);
    consumer =
        client
            .registerStreamConsumer(r -> r.streamARN(ARN).consumerName("app"))
            .join()
            .consumer()
            .consumerARN();
  }

  @AfterEach
  void close() {
    kinesis.close();
    client.close();
  }

  @Test
  void the_first_answer_comes_before_the_first_event_and_records_follow_as_they_land() {
    put("a");
    Subscriber subscriber = subscribe(OLDEST);

    assertThat(subscriber.answered.join().sdkHttpResponse().isSuccessful()).isTrue();
    assertThat(subscriber.texts(1)).containsExactly("a");
    put("b");
    assertThat(subscriber.texts(1)).containsExactly("b");
    assertThat(subscriber.isOpen()).isTrue();
  }

  @Test
  void at_the_end_of_a_split_shard_the_children_are_named_and_the_stream_ends_well() {
    Subscriber subscriber = subscribe(at(ShardIteratorType.LATEST));
    assertThat(subscriber.event().continuationSequenceNumber()).isNotNull();
    put("a");
    subscriber.texts(1);
    client
        .splitShard(
            r ->
                r.streamName("orders")
                    .shardToSplit(SHARD)
                    .newStartingHashKey("170141183460469231731687303715884105728"))
        .join();

    SubscribeToShardEvent last = subscriber.event();
    assertThat(last.continuationSequenceNumber()).isNull();
    assertThat(last.childShards())
        .extracting(ChildShard::shardId)
        .containsExactly("shardId-000000000001", "shardId-000000000002");
    assertThat(last.childShards())
        .allSatisfy(c -> assertThat(c.parentShards()).containsExactly(SHARD));
    assertThat(subscriber.end()).isNull();
  }

  @Test
  void a_subscription_ends_well_after_five_minutes_of_the_server_and_goes_on_where_it_was() {
    Subscriber subscriber = subscribe(OLDEST);
    put("a");
    subscriber.texts(1);
    put("b");
    List<SubscribeToShardEvent> events = List.of(subscriber.event());
    clock.advance(Duration.ofMinutes(5));
    assertThat(subscriber.end()).isNull();

    put("c");
    for (ShardIteratorType type :
        List.of(ShardIteratorType.AT_SEQUENCE_NUMBER, ShardIteratorType.AFTER_SEQUENCE_NUMBER)) {
      Subscriber next =
          subscribe(
              StartingPosition.builder()
                  .type(type)
                  .sequenceNumber(events.get(0).continuationSequenceNumber())
                  .build());
      assertThat(next.texts(1)).containsExactly("c");
      next.cancel();
      clock.advance(Duration.ofSeconds(5));
    }
  }

  @Test
  void a_second_subscription_is_refused_for_five_seconds_and_then_takes_the_shard_over() {
    Subscriber first = subscribe(OLDEST);
    first.event();

    assertThat(subscribe(OLDEST).end())
        .isInstanceOf(ResourceInUseException.class)
        .hasMessageContaining(
            "Another active subscription exists for this consumer: 000000000000:orders:" + SHARD);
    clock.advance(Duration.ofSeconds(5));
    Subscriber second = subscribe(OLDEST);
    second.event();

    assertThat(first.end()).isInstanceOf(ResourceInUseException.class);
    assertThat(second.isOpen()).isTrue();
  }

  @Test
  void what_is_not_there_is_missed_before_the_stream() {
    assertThat(Subscriber.of(client, consumer, "shardId-000000000007", OLDEST).end())
        .isInstanceOf(ResourceNotFoundException.class)
        .hasMessageContaining("Shard shardId-000000000007 in stream orders");
    assertThat(Subscriber.of(client, consumer.replace("app", "other"), SHARD, OLDEST).end())
        .isInstanceOf(ResourceNotFoundException.class);
  }

  @Test
  void a_deregistered_consumer_is_missed_in_the_stream() {
    Subscriber subscriber = subscribe(OLDEST);
    subscriber.event();
    client.deregisterStreamConsumer(r -> r.consumerARN(consumer)).join();

    assertThat(subscriber.end()).isInstanceOf(ResourceNotFoundException.class);
  }

  private Subscriber subscribe(StartingPosition start) {
    return Subscriber.of(client, consumer, SHARD, start);
  }

  private void put(String text) {
    client
        .putRecord(
            r -> r.streamName("orders").partitionKey("k").data(SdkBytes.fromUtf8String(text)))
        .join();
  }

  private static StartingPosition at(ShardIteratorType type) {
    return StartingPosition.builder().type(type).build();
  }
}
