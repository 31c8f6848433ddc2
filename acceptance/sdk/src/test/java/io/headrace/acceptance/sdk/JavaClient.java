package io.headrace.acceptance.sdk;

import java.net.URI;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.client.builder.AwsClientBuilder;
import software.amazon.awssdk.http.SdkHttpConfigurationOption;
import software.amazon.awssdk.http.crt.AwsCrtAsyncHttpClient;
import software.amazon.awssdk.http.crt.AwsCrtHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisClient;
import software.amazon.awssdk.utils.AttributeMap;

/** The clients of the AWS SDK for Java v2, each with the settings that the SDK itself chooses. */
enum JavaClient {
  BLOCKING,
  BLOCKING_CRT,
  ASYNC,
  ASYNC_CRT;

  private static final StaticCredentialsProvider ANYBODY =
      StaticCredentialsProvider.create(AwsBasicCredentials.create("any", "any"));

  /** The CRT trusts the machine's own store alone, so over TLS it trusts everybody here. */
  private static final AttributeMap CRT_SETTINGS =
      AttributeMap.builder().put(SdkHttpConfigurationOption.TRUST_ALL_CERTIFICATES, true).build();

  /** For https the JVM's trust store must hold the server's certificate. */
  Calls open(URI endpoint) {
    return switch (this) {
      case BLOCKING -> new BlockingCalls(local(KinesisClient.builder(), endpoint).build());
      case BLOCKING_CRT ->
          // Handed over whole: its builder would take HTTP/2 from the service's defaults.
          new BlockingCalls(
              local(KinesisClient.builder(), endpoint)
                  .httpClient(AwsCrtHttpClient.builder().buildWithDefaults(CRT_SETTINGS))
                  .build());
      case ASYNC -> new AsyncCalls(openNetty(endpoint));
      case ASYNC_CRT ->
          new AsyncCalls(
              local(KinesisAsyncClient.builder(), endpoint)
                  .httpClientBuilder(
                      defaults ->
                          AwsCrtAsyncHttpClient.builder()
                              .buildWithDefaults(CRT_SETTINGS.merge(defaults)))
                  .build());
    };
  }

  /** The asynchronous one as it comes: Netty, HTTP/2 by prior knowledge. */
  static KinesisAsyncClient openNetty(URI endpoint) {
    return local(KinesisAsyncClient.builder(), endpoint).build();
  }

  private static <B extends AwsClientBuilder<B, ?>> B local(B builder, URI endpoint) {
    return builder.endpointOverride(endpoint).region(Region.US_EAST_1).credentialsProvider(ANYBODY);
  }
}
