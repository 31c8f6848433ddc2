package io.headrace.acceptance.sdk;

import java.net.URI;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.client.builder.AwsClientBuilder;
import software.amazon.awssdk.http.crt.AwsCrtAsyncHttpClient;
import software.amazon.awssdk.http.crt.AwsCrtHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisClient;

/** The clients of the AWS SDK for Java v2, each with the settings that the SDK itself chooses. */
enum JavaClient {
  BLOCKING,
  BLOCKING_CRT,
  ASYNC,
  ASYNC_CRT;

  private static final StaticCredentialsProvider ANYBODY =
      StaticCredentialsProvider.create(AwsBasicCredentials.create("any", "any"));

  Calls open(URI endpoint) {
    return switch (this) {
      case BLOCKING -> new BlockingCalls(local(KinesisClient.builder(), endpoint).build());
      case BLOCKING_CRT ->
          // Handed over whole: its builder would take HTTP/2 from the service's defaults.
          new BlockingCalls(
              local(KinesisClient.builder(), endpoint)
                  .httpClient(AwsCrtHttpClient.create())
                  .build());
      case ASYNC -> new AsyncCalls(async(endpoint));
      case ASYNC_CRT ->
          new AsyncCalls(
              local(KinesisAsyncClient.builder(), endpoint)
                  .httpClientBuilder(AwsCrtAsyncHttpClient.builder())
                  .build());
    };
  }

  /** The one that can subscribe. */
  static KinesisAsyncClient async(URI endpoint) {
    return local(KinesisAsyncClient.builder(), endpoint).build();
  }

  private static <B extends AwsClientBuilder<B, ?>> B local(B builder, URI endpoint) {
    return builder.endpointOverride(endpoint).region(Region.US_EAST_1).credentialsProvider(ANYBODY);
  }
}
