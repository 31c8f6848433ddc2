package io.headrace.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.local.protocol.Wire;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.http.Protocol;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.EncryptionType;
import software.amazon.awssdk.services.kinesis.model.LimitExceededException;
import software.amazon.awssdk.services.kinesis.model.MetricsName;
import software.amazon.awssdk.services.kinesis.model.MinimumThroughputBillingCommitmentOutput;
import software.amazon.awssdk.services.kinesis.model.MinimumThroughputBillingCommitmentOutputStatus;
import software.amazon.awssdk.services.kinesis.model.ScalingType;
import software.amazon.awssdk.services.kinesis.model.StreamDescriptionSummary;
import software.amazon.awssdk.services.kinesis.model.StreamMode;
import software.amazon.awssdk.services.kinesis.model.Tag;

/**
 * The service's own client manages streams: every answer is read by its model, in both encodings.
 */
class RealClientManagesTest {
  private static final String ARN = "arn:aws:kinesis:us-east-1:000000000000:stream/orders";

  private final VirtualClock clock = new VirtualClock();
  private final LocalKinesis kinesis = LocalKinesis.builder().clock(clock).start();

  @AfterEach
  void close() {
    kinesis.close();
  }

  @ParameterizedTest
  @EnumSource(Wire.class)
  void tags_policies_and_metrics_of_a_stream(Wire wire) {
    try (KinesisAsyncClient client = Clients.of(kinesis.endpoint(), wire, Protocol.HTTP2)) {
      client
          .createStream(r -> r.streamName("orders").shardCount(1).tags(Map.of("team", "a")))
          .join();
      client.addTagsToStream(r -> r.streamName("orders").tags(Map.of("stage", "ü"))).join();
      client.untagResource(r -> r.resourceARN(ARN).tagKeys("team")).join();
      client.putResourcePolicy(r -> r.resourceARN(ARN).policy("{\"Statement\":[]}")).join();

      assertThat(client.listTagsForResource(r -> r.resourceARN(ARN)).join().tags())
          .containsExactly(Tag.builder().key("stage").value("ü").build());
      assertThat(client.listTagsForStream(r -> r.streamARN(ARN)).join().hasMoreTags()).isFalse();
      assertThat(client.getResourcePolicy(r -> r.resourceARN(ARN)).join().policy())
          .isEqualTo("{\"Statement\":[]}");
      assertThat(
              client
                  .enableEnhancedMonitoring(
                      r -> r.streamName("orders").shardLevelMetrics(MetricsName.ALL))
                  .join()
                  .desiredShardLevelMetrics())
          .hasSize(7)
          .doesNotContain(MetricsName.UNKNOWN_TO_SDK_VERSION);
    }
  }

  @ParameterizedTest
  @EnumSource(Wire.class)
  void the_capacity_of_a_stream_and_of_the_account(Wire wire) {
    kinesis.createStream("orders", 2);
    try (KinesisAsyncClient client = Clients.of(kinesis.endpoint(), wire, Protocol.HTTP2)) {
      var scaled =
          client
              .updateShardCount(
                  r ->
                      r.streamName("orders")
                          .targetShardCount(3)
                          .scalingType(ScalingType.UNIFORM_SCALING))
              .join();
      assertThat(scaled.currentShardCount()).isEqualTo(2);
      assertThat(scaled.targetShardCount()).isEqualTo(3);
      assertThatThrownBy(
              () ->
                  client
                      .updateShardCount(
                          r ->
                              r.streamName("orders")
                                  .targetShardCount(7)
                                  .scalingType(ScalingType.UNIFORM_SCALING))
                      .join())
          .hasCauseInstanceOf(LimitExceededException.class);

      MinimumThroughputBillingCommitmentOutput commitment =
          client
              .updateAccountSettings(
                  r -> r.minimumThroughputBillingCommitment(c -> c.status("ENABLED")))
              .join()
              .minimumThroughputBillingCommitment();
      assertThat(commitment.status())
          .isEqualTo(MinimumThroughputBillingCommitmentOutputStatus.ENABLED);
      assertThat(commitment.startedAt()).isEqualTo(VirtualClock.START);
      assertThat(commitment.earliestAllowedEndAt())
          .isEqualTo(VirtualClock.START.plus(Duration.ofDays(1)));

      client
          .updateStreamMode(
              r -> r.streamARN(ARN).streamModeDetails(m -> m.streamMode(StreamMode.ON_DEMAND)))
          .join();
      client.updateStreamWarmThroughput(r -> r.streamName("orders").warmThroughputMiBps(5)).join();
      client.updateMaxRecordSize(r -> r.streamARN(ARN).maxRecordSizeInKiB(4096)).join();
      StreamDescriptionSummary summary =
          client
              .describeStreamSummary(r -> r.streamName("orders"))
              .join()
              .streamDescriptionSummary();
      assertThat(summary.openShardCount()).isEqualTo(5);
      assertThat(summary.warmThroughput().currentMiBps()).isEqualTo(5);
      assertThat(summary.maxRecordSizeInKiB()).isEqualTo(4096);
      assertThat(client.describeLimits().join().onDemandStreamCount()).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @EnumSource(Wire.class)
  void retention_and_encryption_of_a_stream(Wire wire) {
    kinesis.createStream("orders", 1);
    try (KinesisAsyncClient client = Clients.of(kinesis.endpoint(), wire, Protocol.HTTP2)) {
      client
          .increaseStreamRetentionPeriod(r -> r.streamName("orders").retentionPeriodHours(8760))
          .join();
      client
          .startStreamEncryption(
              r ->
                  r.streamName("orders")
                      .encryptionType(EncryptionType.KMS)
                      .keyId("alias/aws/kinesis"))
          .join();
      var put =
          client
              .putRecord(
                  r ->
                      r.streamName("orders").partitionKey("a").data(SdkBytes.fromUtf8String("one")))
              .join();
      clock.advance(Duration.ofDays(364));

      assertThat(put.encryptionType()).isEqualTo(EncryptionType.KMS);
      var iterator =
          client
              .getShardIterator(
                  r ->
                      r.streamName("orders")
                          .shardId(put.shardId())
                          .shardIteratorType("TRIM_HORIZON"))
              .join();
      assertThat(client.getRecords(r -> r.shardIterator(iterator.shardIterator())).join().records())
          .singleElement()
          .returns(EncryptionType.KMS, record -> record.encryptionType())
          .returns("one", record -> record.data().asUtf8String());
    }
  }
}
