package io.headrace.function.aws;

import io.headrace.function.DeadLetters;
import io.headrace.function.LetterConnector;
import io.headrace.function.LetterSink;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.http.nio.netty.SdkEventLoopGroup;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.services.sqs.SqsAsyncClient;
import software.amazon.awssdk.utils.SdkAutoCloseable;

/**
 * Opens queues and buckets for dead letters. Clients are made when the first sink needs them, so a
 * program without such sinks needs neither of the two libraries. Used by one thread at a time; its
 * sinks by any.
 */
final class AwsLetters implements LetterConnector, AutoCloseable {
  /** Letters are rare; while a broken function makes many, they wait for each other. */
  private static final int CONNECTIONS_MAX = 32;

  private final AwsServices.Endpoints endpoints;
  private final SdkEventLoopGroup loops;
  private final List<SdkAutoCloseable> opened = new ArrayList<>();
  private @Nullable SqsAsyncClient sqs;
  private @Nullable S3AsyncClient s3;

  /**
   * Connects to nothing yet.
   *
   * @param loops of the maker's, who ends them after this
   */
  AwsLetters(AwsServices.Endpoints endpoints, SdkEventLoopGroup loops) {
    this.endpoints = endpoints;
    this.loops = loops;
  }

  @Override
  public synchronized Optional<LetterSink> open(DeadLetters sink) {
    if (sink instanceof DeadLetters.InQueue queue) {
      return Optional.of(new SqsLetters(sqs(queue.url()), queue, queue.spill().map(this::bucket)));
    }
    return sink instanceof DeadLetters.InBucket bucket
        ? Optional.of(bucket(bucket))
        : Optional.empty();
  }

  private S3Letters bucket(DeadLetters.InBucket bucket) {
    return new S3Letters(s3(), bucket);
  }

  /** The client of all buckets, made when it is first asked for. */
  synchronized S3AsyncClient s3() {
    var client = s3;
    if (client == null) {
      var builder = AwsServices.located(S3AsyncClient.builder(), endpoints, endpoints.s3());
      endpoints.s3().filter(AwsServices::isLoopback).ifPresent(own -> builder.forcePathStyle(true));
      client =
          builder.overrideConfiguration(S3ChunkStore::retrying).httpClientBuilder(http()).build();
      opened.add(client);
      s3 = client;
    }
    return client;
  }

  /** Queues of one runtime are thought to be of one region and account. */
  private SqsAsyncClient sqs(URI queue) {
    var client = sqs;
    if (client == null) {
      var own = endpoints.sqs().or(() -> Optional.of(queue).filter(AwsServices::isLoopback));
      var server = own.map(uri -> uri.resolve("/"));
      client =
          AwsServices.located(SqsAsyncClient.builder(), endpoints, server)
              .httpClientBuilder(http())
              .build();
      opened.add(client);
      sqs = client;
    }
    return client;
  }

  private NettyNioAsyncHttpClient.Builder http() {
    return NettyNioAsyncHttpClient.builder().eventLoopGroup(loops).maxConcurrency(CONNECTIONS_MAX);
  }

  @Override
  public synchronized void close() {
    opened.forEach(SdkAutoCloseable::close);
  }
}
