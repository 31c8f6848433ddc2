package io.headrace.local;

import java.net.URI;
import java.util.function.Supplier;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.http.Protocol;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClientBuilder;

/** Real clients of the service, pointed at a local server. */
final class Clients {
  private static final String CBOR_ENABLED = "aws.cborEnabled";

  private Clients() {}

  /** The client as the service's users get it when they choose nothing: CBOR over HTTP/2. */
  static KinesisAsyncClient standard(URI endpoint) {
    return builder(endpoint, "test").build();
  }

  static KinesisAsyncClient of(URI endpoint, Wire wire, Protocol protocol) {
    KinesisAsyncClientBuilder builder =
        builder(endpoint, "test")
            .httpClientBuilder(
                NettyNioAsyncHttpClient.builder().protocol(protocol).maxConcurrency(100));
    return wire == Wire.JSON ? withoutCbor(builder::build) : builder.build();
  }

  static KinesisAsyncClient ofAccount(URI endpoint, String accessKey) {
    return builder(endpoint, accessKey).build();
  }

  static KinesisAsyncClientBuilder builder(URI endpoint, String accessKey) {
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
