package io.headrace.local;

import io.headrace.local.protocol.Wire;
import java.net.URI;
import java.time.Duration;
import java.util.function.Supplier;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.http.Protocol;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.http.nio.netty.SdkEventLoopGroup;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClientBuilder;

/** Real clients of the service, pointed at a local server. */
final class Clients {
  private static final String CBOR_ENABLED = "aws.cborEnabled";
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  // A client that owns its threads takes two seconds to close.
  private static final SdkEventLoopGroup LOOPS =
      SdkEventLoopGroup.builder().numberOfThreads(2).build();

  private Clients() {}

  /** The client as the service's users get it when they choose nothing: CBOR over HTTP/2. */
  static KinesisAsyncClient standard(URI endpoint) {
    return builder(endpoint, "test").build();
  }

  /** As the standard one, but the first answer is the answer. */
  static KinesisAsyncClient withoutRetries(URI endpoint) {
    return builder(endpoint, "test")
        .overrideConfiguration(b -> b.retryStrategy(AwsRetryStrategy.doNotRetry()))
        .httpClientBuilder(ownHttp())
        .build();
  }

  /** The same over one version of HTTP. */
  static KinesisAsyncClient withoutRetries(URI endpoint, Protocol protocol) {
    return builder(endpoint, "test")
        .overrideConfiguration(b -> b.retryStrategy(AwsRetryStrategy.doNotRetry()))
        .httpClientBuilder(ownHttp().protocol(protocol))
        .build();
  }

  /** With these credentials; the first answer is the answer. */
  static KinesisAsyncClient with(
      URI endpoint, Wire wire, Protocol protocol, AwsCredentials credentials) {
    KinesisAsyncClientBuilder builder =
        builder(endpoint, "test")
            .credentialsProvider(StaticCredentialsProvider.create(credentials))
            .overrideConfiguration(b -> b.retryStrategy(AwsRetryStrategy.doNotRetry()))
            .httpClientBuilder(ownHttp().protocol(protocol));
    return wire == Wire.JSON ? withoutCbor(builder::build) : builder.build();
  }

  static KinesisAsyncClient of(URI endpoint, Wire wire, Protocol protocol) {
    KinesisAsyncClientBuilder builder =
        builder(endpoint, "test")
            .httpClientBuilder(ownHttp().protocol(protocol).maxConcurrency(1_000));
    return wire == Wire.JSON ? withoutCbor(builder::build) : builder.build();
  }

  static KinesisAsyncClient ofAccount(URI endpoint, String accessKey) {
    return builder(endpoint, accessKey).httpClientBuilder(ownHttp()).build();
  }

  /** The client's own HTTP, but with threads that are shared, and patient with a busy machine. */
  static NettyNioAsyncHttpClient.Builder ownHttp() {
    return NettyNioAsyncHttpClient.builder()
        .eventLoopGroup(LOOPS)
        .connectionTimeout(PATIENCE)
        .connectionAcquisitionTimeout(PATIENCE)
        .tlsNegotiationTimeout(PATIENCE)
        .readTimeout(PATIENCE)
        .writeTimeout(PATIENCE);
  }

  private static KinesisAsyncClientBuilder builder(URI endpoint, String accessKey) {
    return KinesisAsyncClient.builder()
        .endpointOverride(endpoint)
        .region(Region.US_EAST_1)
        .credentialsProvider(
            StaticCredentialsProvider.create(AwsBasicCredentials.create(accessKey, "secret")));
  }

  // The client reads the property once, when it is built.
  private static synchronized KinesisAsyncClient withoutCbor(Supplier<KinesisAsyncClient> build) {
    System.setProperty(CBOR_ENABLED, "false");
    try {
      return build.get();
    } finally {
      System.clearProperty(CBOR_ENABLED);
    }
  }
}
