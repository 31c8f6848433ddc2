package io.headrace.bench.rig;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.http.Protocol;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.retries.DefaultRetryStrategy;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.Shard;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;
import software.amazon.awssdk.services.kinesis.model.StreamStatus;

/**
 * The AWS SDK with the same settings for every server: no retries, so that a failing call is seen,
 * and an end to every call. Any thread may use it.
 */
public final class LoadClient implements AutoCloseable {
  public static final int SHARDS = 4;
  private static final Duration CALL_MAX = Duration.ofSeconds(20);
  private static final Duration STATE_CHANGE_MAX = Duration.ofSeconds(15);

  private final KinesisAsyncClient sdk;

  private LoadClient(KinesisAsyncClient sdk) {
    this.sdk = sdk;
  }

  /** HTTP/1.1, which every server speaks. */
  public static LoadClient http1(URI endpoint) {
    return new LoadClient(sdk(endpoint, Protocol.HTTP1_1));
  }

  /** HTTP/2 by prior knowledge, as the SDK has it by itself. */
  public static LoadClient http2(URI endpoint) {
    return new LoadClient(sdk(endpoint, Protocol.HTTP2));
  }

  private static KinesisAsyncClient sdk(URI endpoint, Protocol protocol) {
    return KinesisAsyncClient.builder()
        .endpointOverride(endpoint)
        .region(Region.US_EAST_1)
        .credentialsProvider(
            StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test")))
        .httpClientBuilder(
            NettyNioAsyncHttpClient.builder()
                .protocol(protocol)
                .maxConcurrency(64)
                .maxPendingConnectionAcquires(20_000)
                .connectionAcquisitionTimeout(CALL_MAX)
                .readTimeout(CALL_MAX))
        .overrideConfiguration(
            override ->
                override
                    .retryStrategy(DefaultRetryStrategy.doNotRetry())
                    .apiCallTimeout(protocol == Protocol.HTTP2 ? Duration.ofMinutes(10) : CALL_MAX))
        .build();
  }

  public KinesisAsyncClient sdk() {
    return sdk;
  }

  /** As {@link #create(String, int)}, with {@link #SHARDS}. */
  public void create(String stream) {
    create(stream, SHARDS);
  }

  /**
   * Makes a stream and waits until it can be used. The name must be no method of a JavaScript
   * array: kinesalite dies of a stream named {@code fill}.
   */
  public void create(String stream, int shards) {
    sdk.createStream(request -> request.streamName(stream).shardCount(shards)).join();
    awaitActive(stream);
  }

  /** Waits until a stream that is made or resharded can be used. */
  public void awaitActive(String stream) {
    long start = System.nanoTime();
    while (status(stream) != StreamStatus.ACTIVE) {
      if (System.nanoTime() - start > STATE_CHANGE_MAX.toNanos()) {
        throw new NotMeasured(
            "the stream was not active after " + STATE_CHANGE_MAX.toSeconds() + " s");
      }
      Pause.millis(10);
    }
  }

  public void delete(String stream) {
    sdk.deleteStream(request -> request.streamName(stream)).join();
  }

  private StreamStatus status(String stream) {
    return sdk.describeStreamSummary(request -> request.streamName(stream))
        .join()
        .streamDescriptionSummary()
        .streamStatus();
  }

  public List<String> shards(String stream) {
    return sdk.listShards(request -> request.streamName(stream)).join().shards().stream()
        .map(Shard::shardId)
        .toList();
  }

  public String oldest(String stream, String shard) {
    return sdk.getShardIterator(
            request ->
                request
                    .streamName(stream)
                    .shardId(shard)
                    .shardIteratorType(ShardIteratorType.TRIM_HORIZON))
        .join()
        .shardIterator();
  }

  @Override
  public void close() {
    sdk.close();
  }
}
