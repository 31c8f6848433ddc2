package io.headrace.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.local.protocol.Wire;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.http.Protocol;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.ChildShard;
import software.amazon.awssdk.services.kinesis.model.ExpiredIteratorException;
import software.amazon.awssdk.services.kinesis.model.GetRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.InvalidArgumentException;
import software.amazon.awssdk.services.kinesis.model.KinesisException;
import software.amazon.awssdk.services.kinesis.model.ListShardsResponse;
import software.amazon.awssdk.services.kinesis.model.Record;
import software.amazon.awssdk.services.kinesis.model.ResourceInUseException;
import software.amazon.awssdk.services.kinesis.model.ResourceNotFoundException;
import software.amazon.awssdk.services.kinesis.model.Shard;
import software.amazon.awssdk.services.kinesis.model.ShardFilterType;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;
import software.amazon.awssdk.services.kinesis.model.StreamDescription;
import software.amazon.awssdk.services.kinesis.model.StreamDescriptionSummary;
import software.amazon.awssdk.services.kinesis.model.StreamMode;
import software.amazon.awssdk.services.kinesis.model.StreamStatus;

/** The service's own client over a socket: what it gets must be what the service would give it. */
class RealClientTest {
  private final VirtualClock clock = new VirtualClock();
  private final LocalKinesis kinesis = LocalKinesis.builder().clock(clock).start();

  @AfterEach
  void close() {
    kinesis.close();
  }

  @ParameterizedTest
  @CsvSource({"CBOR,HTTP2", "JSON,HTTP2", "CBOR,HTTP1_1", "JSON,HTTP1_1"})
  void a_stream_is_made_described_listed_and_deleted(Wire wire, Protocol protocol) {
    try (KinesisAsyncClient client = Clients.of(kinesis.endpoint(), wire, protocol)) {
      client.createStream(r -> r.streamName("orders").shardCount(3)).join();

      StreamDescriptionSummary summary =
          client
              .describeStreamSummary(r -> r.streamName("orders"))
              .join()
              .streamDescriptionSummary();
      assertThat(summary.streamARN())
          .isEqualTo("arn:aws:kinesis:us-east-1:000000000000:stream/orders");
      assertThat(summary.streamStatus()).isEqualTo(StreamStatus.ACTIVE);
      assertThat(summary.streamCreationTimestamp()).isEqualTo(VirtualClock.START);
      assertThat(summary.openShardCount()).isEqualTo(3);
      assertThat(summary.retentionPeriodHours()).isEqualTo(24);

      StreamDescription description =
          client
              .describeStream(r -> r.streamARN(summary.streamARN()).limit(2))
              .join()
              .streamDescription();
      assertThat(description.shards()).hasSize(2);
      assertThat(description.hasMoreShards()).isTrue();
      assertThat(description.streamCreationTimestamp()).isEqualTo(VirtualClock.START);

      assertThat(client.listStreams().join().streamNames()).containsExactly("orders");
      client.deleteStream(r -> r.streamName("orders")).join();
      assertThat(client.listStreams().join().streamNames()).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource(Wire.class)
  void a_record_comes_back_with_everything_it_was_put_with(Wire wire) {
    kinesis.createStream("orders", 1);
    byte[] bytes = {0, 1, -1, -128, 127, 'a'};
    String key = "ключ \uD83D\uDD11 \"quoted\"";
    try (KinesisAsyncClient client = Clients.of(kinesis.endpoint(), wire, Protocol.HTTP2)) {
      var put =
          client
              .putRecord(
                  r -> r.streamName("orders").partitionKey(key).data(SdkBytes.fromByteArray(bytes)))
              .join();
      clock.advance(Duration.ofMillis(1));

      GetRecordsResponse response =
          client.getRecords(r -> r.shardIterator(atTime(client, VirtualClock.START))).join();

      Record record = response.records().get(0);
      assertThat(record.data().asByteArray()).isEqualTo(bytes);
      assertThat(record.partitionKey()).isEqualTo(key);
      assertThat(record.sequenceNumber()).isEqualTo(put.sequenceNumber());
      assertThat(record.approximateArrivalTimestamp()).isEqualTo(VirtualClock.START);
      assertThat(response.hasChildShards()).isFalse();
      assertThat(response.millisBehindLatest()).isZero();
      assertThat(
              client
                  .getRecords(r -> r.shardIterator(atTime(client, clock.instant())))
                  .join()
                  .records())
          .isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource(Wire.class)
  void the_end_of_a_split_shard_names_its_children(Wire wire) {
    kinesis.createStream("orders", 1);
    try (KinesisAsyncClient client = Clients.of(kinesis.endpoint(), wire, Protocol.HTTP2)) {
      String half = BigInteger.ONE.shiftLeft(127).toString();
      client
          .splitShard(
              r ->
                  r.streamName("orders")
                      .shardToSplit("shardId-000000000000")
                      .newStartingHashKey(half))
          .join();
      client
          .mergeShards(
              r ->
                  r.streamName("orders")
                      .shardToMerge("shardId-000000000001")
                      .adjacentShardToMerge("shardId-000000000002"))
          .join();

      GetRecordsResponse end =
          client
              .getRecords(r -> r.shardIterator(iterator(client, ShardIteratorType.TRIM_HORIZON)))
              .join();
      List<Shard> shards = client.listShards(r -> r.streamName("orders")).join().shards();

      assertThat(end.nextShardIterator()).isNull();
      assertThat(end.childShards())
          .extracting(ChildShard::shardId)
          .containsExactly("shardId-000000000001", "shardId-000000000002");
      assertThat(end.childShards().get(0).parentShards()).containsExactly("shardId-000000000000");
      assertThat(shards).hasSize(4);
      assertThat(shards.get(3).parentShardId()).isEqualTo("shardId-000000000001");
      assertThat(shards.get(3).adjacentParentShardId()).isEqualTo("shardId-000000000002");
      assertThat(shards.get(0).sequenceNumberRange().endingSequenceNumber()).isNotNull();
    }
  }

  @ParameterizedTest
  @EnumSource(Wire.class)
  void shards_are_listed_page_by_page_and_by_filter(Wire wire) {
    kinesis.createStream("orders", 5);
    try (KinesisAsyncClient client = Clients.of(kinesis.endpoint(), wire, Protocol.HTTP2)) {
      ListShardsResponse first =
          client.listShards(r -> r.streamName("orders").maxResults(3)).join();
      ListShardsResponse second =
          client.listShards(r -> r.nextToken(first.nextToken()).maxResults(3)).join();
      ListShardsResponse after =
          client
              .listShards(
                  r ->
                      r.streamName("orders")
                          .shardFilter(
                              f ->
                                  f.type(ShardFilterType.AFTER_SHARD_ID)
                                      .shardId("shardId-000000000003")))
              .join();
      ListShardsResponse atTime =
          client
              .listShards(
                  r ->
                      r.streamName("orders")
                          .streamCreationTimestamp(VirtualClock.START)
                          .shardFilter(
                              f ->
                                  f.type(ShardFilterType.AT_TIMESTAMP)
                                      .timestamp(VirtualClock.START)))
              .join();

      assertThat(first.shards()).hasSize(3);
      assertThat(second.shards()).hasSize(2);
      assertThat(second.nextToken()).isNull();
      assertThat(after.shards()).hasSize(1);
      assertThat(atTime.shards()).hasSize(5);
    }
  }

  @ParameterizedTest
  @EnumSource(Wire.class)
  void errors_arrive_as_the_exceptions_of_the_client(Wire wire) {
    kinesis.createStream("orders", 1);
    try (KinesisAsyncClient client = Clients.of(kinesis.endpoint(), wire, Protocol.HTTP2)) {
      String iterator = iterator(client, ShardIteratorType.LATEST);
      clock.advance(Duration.ofMinutes(6));

      assertThatThrownBy(() -> client.describeStream(r -> r.streamName("x")).join())
          .hasCauseInstanceOf(ResourceNotFoundException.class);
      assertThatThrownBy(
              () -> client.createStream(r -> r.streamName("orders").shardCount(1)).join())
          .hasCauseInstanceOf(ResourceInUseException.class);
      assertThatThrownBy(() -> client.getRecords(r -> r.shardIterator("AAAA")).join())
          .hasCauseInstanceOf(InvalidArgumentException.class)
          .hasMessageContaining("Invalid ShardIterator.");
      assertThatThrownBy(() -> client.getRecords(r -> r.shardIterator(iterator)).join())
          .hasCauseInstanceOf(ExpiredIteratorException.class);
      assertThatThrownBy(() -> client.putRecord(r -> r.streamName("orders")).join())
          .hasCauseInstanceOf(KinesisException.class)
          .hasMessageContaining("2 validation errors detected");
    }
  }

  @Test
  void a_stream_without_a_number_of_shards_is_on_demand_and_has_four() {
    try (KinesisAsyncClient client = Clients.standard(kinesis.endpoint())) {
      client.createStream(r -> r.streamName("orders")).join();

      StreamDescriptionSummary summary =
          client
              .describeStreamSummary(r -> r.streamName("orders"))
              .join()
              .streamDescriptionSummary();
      assertThat(summary.openShardCount()).isEqualTo(4);
      assertThat(summary.streamModeDetails().streamMode()).isEqualTo(StreamMode.ON_DEMAND);
    }
  }

  @Test
  void accounts_do_not_see_each_others_streams_unless_by_arn() {
    kinesis.createStream("orders", 1);
    try (KinesisAsyncClient other = Clients.ofAccount(kinesis.endpoint(), "123456789012")) {
      assertThat(other.listStreams().join().streamNames()).isEmpty();

      other.createStream(r -> r.streamName("theirs").shardCount(1)).join();
      var summary =
          other
              .describeStreamSummary(r -> r.streamName("theirs"))
              .join()
              .streamDescriptionSummary();
      assertThat(summary.streamARN())
          .isEqualTo("arn:aws:kinesis:us-east-1:123456789012:stream/theirs");
      assertThat(
              other
                  .listShards(
                      r -> r.streamARN("arn:aws:kinesis:us-east-1:000000000000:stream/orders"))
                  .join()
                  .shards())
          .hasSize(1);
    }
  }

  @Test
  void many_requests_share_one_connection_at_once() {
    kinesis.createStream("orders", 4);
    try (KinesisAsyncClient client = Clients.of(kinesis.endpoint(), Wire.CBOR, Protocol.HTTP2)) {
      List<CompletableFuture<String>> puts =
          IntStream.range(0, 1_000)
              .mapToObj(
                  i ->
                      client
                          .putRecord(
                              r ->
                                  r.streamName("orders")
                                      .partitionKey("k" + i)
                                      .data(SdkBytes.fromByteArray(new byte[1_000])))
                          .thenApply(put -> put.sequenceNumber()))
              .toList();

      assertThat(puts).extracting(CompletableFuture::join).doesNotHaveDuplicates().hasSize(1_000);
    }
  }

  @Test
  void a_record_of_a_mebibyte_passes_the_flow_control_of_http2_both_ways() {
    kinesis.createStream("orders", 1);
    byte[] large = new byte[1024 * 1024 - 1];
    large[large.length - 1] = 42;
    try (KinesisAsyncClient client = Clients.of(kinesis.endpoint(), Wire.CBOR, Protocol.HTTP2)) {
      for (int i = 0; i < 10; i++) {
        client
            .putRecord(
                r ->
                    r.streamName("orders")
                        .partitionKey("k")
                        .data(SdkBytes.fromByteArrayUnsafe(large)))
            .join();
      }

      GetRecordsResponse response =
          client
              .getRecords(r -> r.shardIterator(iterator(client, ShardIteratorType.TRIM_HORIZON)))
              .join();

      assertThat(response.records()).hasSize(10);
      assertThat(response.records().get(9).data().asByteArrayUnsafe()).isEqualTo(large);
    }
  }

  private static String iterator(KinesisAsyncClient client, ShardIteratorType type) {
    return client
        .getShardIterator(
            r -> r.streamName("orders").shardId("shardId-000000000000").shardIteratorType(type))
        .join()
        .shardIterator();
  }

  private static String atTime(KinesisAsyncClient client, Instant time) {
    return client
        .getShardIterator(
            r ->
                r.streamName("orders")
                    .shardId("shardId-000000000000")
                    .shardIteratorType(ShardIteratorType.AT_TIMESTAMP)
                    .timestamp(time))
        .join()
        .shardIterator();
  }
}
