package io.headrace.harness;

import io.headrace.kcl.kinesis.KinesisHttp;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.client.builder.AwsClientBuilder;
import software.amazon.awssdk.http.Protocol;
import software.amazon.awssdk.http.async.SdkAsyncHttpClient;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.http.nio.netty.SdkEventLoopGroup;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.utils.SdkAutoCloseable;

/**
 * Makes clients of embedded servers and closes them together. They never look for real credentials.
 * They share one thread of their own: the SDK would wait two seconds to end one that it made.
 */
final class LocalClients implements AutoCloseable {
  /** Letters only, as DynamoDB Local demands; a key of AWS has 20 characters and begins with A. */
  private static final StaticCredentialsProvider NOBODY =
      StaticCredentialsProvider.create(
          AwsBasicCredentials.create("localonly", "no-secret-valid-only-on-this-machine"));

  /** Loopback calls of DynamoDB take milliseconds; more at once than this wait. */
  private static final int CONNECTIONS_MAX = 64;

  private static final Duration CLOSING_MAX = Duration.ofSeconds(2);

  private final NioEventLoopGroup threads =
      new NioEventLoopGroup(1, new DefaultThreadFactory("local-clients", true));
  private final List<SdkAutoCloseable> open = new ArrayList<>();

  DynamoDbAsyncClient dynamoDb(URI endpoint) {
    return opened(local(DynamoDbAsyncClient.builder(), endpoint).httpClient(http()).build());
  }

  /** Over HTTP/2, as clients of the real service speak. */
  KinesisAsyncClient kinesis(URI endpoint) {
    return opened(
        local(KinesisAsyncClient.builder(), endpoint)
            .httpClient(opened(KinesisHttp.builder().eventLoopGroup(loops()).build()))
            .build());
  }

  @Override
  public void close() {
    open.forEach(SdkAutoCloseable::close);
    open.clear();
    threads
        .shutdownGracefully(0, CLOSING_MAX.toMillis(), TimeUnit.MILLISECONDS)
        .awaitUninterruptibly(CLOSING_MAX.toMillis());
  }

  private <C extends SdkAutoCloseable> C opened(C client) {
    open.add(client);
    return client;
  }

  private static <B extends AwsClientBuilder<B, ?>> B local(B builder, URI endpoint) {
    return builder.endpointOverride(endpoint).region(Region.US_EAST_1).credentialsProvider(NOBODY);
  }

  private SdkAsyncHttpClient http() {
    return opened(
        NettyNioAsyncHttpClient.builder()
            .protocol(Protocol.HTTP1_1)
            .maxConcurrency(CONNECTIONS_MAX)
            .eventLoopGroup(loops())
            .build());
  }

  private SdkEventLoopGroup loops() {
    return SdkEventLoopGroup.create(threads, NioSocketChannel::new);
  }
}
