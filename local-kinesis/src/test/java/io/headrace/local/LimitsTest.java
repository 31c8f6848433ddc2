package io.headrace.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.GetRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.LimitExceededException;
import software.amazon.awssdk.services.kinesis.model.ProvisionedThroughputExceededException;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;

/** The limits over the wire, to real clients. */
class LimitsTest {
  private static final String SHARD = "shardId-000000000000";

  @Test
  void a_put_of_many_says_which_records_were_too_many() {
    VirtualClock clock = new VirtualClock();
    try (LocalKinesis kinesis =
            LocalKinesis.builder().clock(clock).limits(Limits.scaled(0.1)).start();
        KinesisAsyncClient client = Clients.withoutRetries(kinesis.endpoint())) {
      kinesis.createStream("orders", 1);

      PutRecordsResponse put =
          client.putRecords(b -> b.streamName("orders").records(many())).join();

      assertThat(put.failedRecordCount()).isEqualTo(20);
      assertThat(put.records().get(99).sequenceNumber()).isNotNull();
      assertThat(put.records().get(100).sequenceNumber()).isNull();
      assertThat(put.records().get(100).errorCode())
          .isEqualTo("ProvisionedThroughputExceededException");
      assertThat(put.records().get(100).errorMessage())
          .isEqualTo(
              "Rate exceeded for shard shardId-000000000000 in stream orders under account"
                  + " 000000000000.");
    }
  }

  @Test
  void a_put_of_one_and_a_read_are_typed_exceptions() {
    VirtualClock clock = new VirtualClock();
    try (LocalKinesis kinesis =
            LocalKinesis.builder().clock(clock).limits(Limits.scaled(0.001)).start();
        KinesisAsyncClient client = Clients.withoutRetries(kinesis.endpoint())) {
      kinesis.createStream("orders", 1);
      put(client);
      String iterator = iterator(client);
      read(client, iterator);

      assertThatThrownBy(() -> put(client))
          .isInstanceOf(CompletionException.class)
          .cause()
          .isInstanceOf(ProvisionedThroughputExceededException.class)
          .hasMessageContaining("Rate exceeded for shard shardId-000000000000 in stream orders");
      assertThatThrownBy(() -> read(client, iterator))
          .cause()
          .isInstanceOf(ProvisionedThroughputExceededException.class)
          .hasMessageContaining(
              "Rate exceeded for Shard - 000000000000/orders/shardId-000000000000");
    }
  }

  @Test
  @Timeout(120)
  void a_client_that_retries_gets_through_as_soon_as_the_shard_has_rested() {
    try (LocalKinesis kinesis = LocalKinesis.builder().limits(Limits.asAws()).start();
        KinesisAsyncClient client = Clients.standard(kinesis.endpoint())) {
      kinesis.createStream("orders", 1);
      String iterator = iterator(client);
      long start = System.nanoTime();
      for (int i = 0; i < 6; i++) {
        read(client, iterator);
      }

      // Five at once and one more after a fifth of a second, when the client's own retries try
      // again.
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofMillis(150));
    }
  }

  @Test
  void managing_streams_too_fast_is_a_limit_exceeded() {
    VirtualClock clock = new VirtualClock();
    try (LocalKinesis kinesis = LocalKinesis.builder().clock(clock).limits(Limits.asAws()).start();
        KinesisAsyncClient client = Clients.withoutRetries(kinesis.endpoint())) {
      for (int i = 0; i < 5; i++) {
        client.listStreams().join();
      }

      assertThatThrownBy(() -> client.listStreams().join())
          .cause()
          .isInstanceOf(LimitExceededException.class)
          .hasMessageContaining("Rate exceeded for account 000000000000.");
      clock.advance(Duration.ofSeconds(1));
      client.listStreams().join();
    }
  }

  @Test
  void a_call_that_validation_refuses_does_not_count() {
    VirtualClock clock = new VirtualClock();
    try (LocalKinesis kinesis =
        LocalKinesis.builder().clock(clock).limits(Limits.asAws()).start()) {
      for (int i = 0; i < 10; i++) {
        assertThat(Wires.json(kinesis.endpoint(), "ListStreams", "{\"Limit\":0}").type())
            .isEqualTo("ValidationException");
      }
      assertThat(Wires.json(kinesis.endpoint(), "ListStreams", "{}").status()).isEqualTo(200);
    }
  }

  @Test
  void limits_are_off_unless_chosen() {
    try (LocalKinesis kinesis = LocalKinesis.start()) {
      for (int i = 0; i < 50; i++) {
        assertThat(Wires.json(kinesis.endpoint(), "ListStreams", "{}").status()).isEqualTo(200);
      }
    }
  }

  @Test
  void a_command_line_names_limits_in_three_ways() {
    assertThat(Limits.parse("off")).hasToString("off");
    assertThat(Limits.parse("on")).hasToString("on");
    assertThat(Limits.parse("0.1")).hasToString("0.1");
    for (String wrong : List.of("", "aws", "0", "-1", "1e9", "NaN")) {
      assertThatThrownBy(() -> Limits.parse(wrong))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "limits must be off, on, or a factor in 0.001..1000 such as 0.1, but is '"
                  + wrong
                  + "'.");
    }
  }

  private static List<PutRecordsRequestEntry> many() {
    List<PutRecordsRequestEntry> records = new ArrayList<>();
    for (int i = 0; i < 120; i++) {
      records.add(
          PutRecordsRequestEntry.builder()
              .partitionKey("k" + i)
              .data(SdkBytes.fromUtf8String("x"))
              .build());
    }
    return records;
  }

  private static void put(KinesisAsyncClient client) {
    client
        .putRecord(b -> b.streamName("orders").partitionKey("k").data(SdkBytes.fromUtf8String("x")))
        .join();
  }

  private static String iterator(KinesisAsyncClient client) {
    return client
        .getShardIterator(
            b ->
                b.streamName("orders")
                    .shardId(SHARD)
                    .shardIteratorType(ShardIteratorType.TRIM_HORIZON))
        .join()
        .shardIterator();
  }

  private static GetRecordsResponse read(KinesisAsyncClient client, String iterator) {
    return client.getRecords(b -> b.shardIterator(iterator)).join();
  }
}
