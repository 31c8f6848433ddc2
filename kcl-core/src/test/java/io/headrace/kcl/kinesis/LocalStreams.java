package io.headrace.kcl.kinesis;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.kcl.StreamSource;
import io.headrace.kcl.loop.SimulatedLoop;
import io.headrace.local.Limits;
import io.headrace.local.LocalKinesis;
import java.net.URI;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.SdkSystemSetting;
import software.amazon.awssdk.http.Protocol;
import software.amazon.awssdk.http.async.SdkAsyncHttpClient;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClientBuilder;

/**
 * A local Kinesis behind its socket, the real client, and one virtual time for both: time passes
 * when nothing is under way, so that the pace of polling costs a test nothing.
 */
final class LocalStreams implements AutoCloseable {
  /** Shared, since one takes seconds to close; their threads are daemons. */
  static final SdkAsyncHttpClient HTTP2 = KinesisHttp.builder().build();

  static final SdkAsyncHttpClient HTTP1 =
      NettyNioAsyncHttpClient.builder().protocol(Protocol.HTTP1_1).build();

  /** What a record takes from the server to a reader that is subscribed, with much to spare. */
  private static final long PUSH_MILLIS_MAX = 30;

  /**
   * So many calls are answered after that before an event counts as not coming: on a busy machine
   * both are late, and the calls are waited for.
   */
  private static final int CALLS_BEHIND_A_PUSH = 5;

  /** Longer than any call on loopback takes, and shorter than patience. */
  private static final long CALL_MILLIS_MAX = 20_000;

  final SimulatedLoop loop = new SimulatedLoop(7);
  final LocalKinesis server;
  final KinesisAsyncClient direct;

  /** What goes wrong on the way of the streams and sinks; nothing unless it is told. */
  final FaultyFront front;

  final CountedClient counted;
  final CountedHttp subscriptions;
  private final KinesisConnector connector;

  private LocalStreams(SdkAsyncHttpClient http, Retrieval retrieval) {
    this(http, retrieval, Limits.off());
  }

  private LocalStreams(SdkAsyncHttpClient http, Retrieval retrieval, Limits limits) {
    this(http, retrieval, limits, client -> client);
  }

  private LocalStreams(
      SdkAsyncHttpClient http,
      Retrieval retrieval,
      Limits limits,
      UnaryOperator<KinesisAsyncClient> around) {
    server = LocalKinesis.builder().clock(loop::now).limits(limits).start();
    direct = client(server.endpoint(), HTTP2);
    front = new FaultyFront(server.endpoint());
    subscriptions = new CountedHttp(http);
    counted =
        new CountedClient(
            client(http == HTTP1 ? front.endpoint() : server.endpoint(), subscriptions));
    connector = new KinesisConnector(around.apply(counted.client()), retrieval);
  }

  /** Streams are polled over HTTP/2, as the SDK does by itself. */
  static LocalStreams direct() {
    return new LocalStreams(HTTP2, Retrieval.polling());
  }

  /** The same, where shards take and give no more than the service's. */
  static LocalStreams limited() {
    return new LocalStreams(HTTP2, Retrieval.polling(), Limits.asAws());
  }

  /** Streams are polled through {@link #front}. */
  static LocalStreams behindFront() {
    return new LocalStreams(HTTP1, Retrieval.polling());
  }

  /** Streams are read by enhanced fan-out. */
  static LocalStreams pushed() {
    return new LocalStreams(HTTP2, Retrieval.fanOut().as("reader"));
  }

  /** The same through what a user has put around the client. */
  static LocalStreams pushedThrough(UnaryOperator<KinesisAsyncClient> around) {
    return new LocalStreams(HTTP2, Retrieval.fanOut().as("reader"), Limits.off(), around);
  }

  /** The same through a client of the user's own; closing it is the caller's. */
  static LocalStreams pushedThrough(SdkAsyncHttpClient http) {
    return new LocalStreams(http, Retrieval.fanOut().as("reader"));
  }

  static KinesisAsyncClient client(URI endpoint, SdkAsyncHttpClient http) {
    return builder(endpoint).httpClient(http).build();
  }

  static KinesisAsyncClientBuilder builder(URI endpoint) {
    return KinesisAsyncClient.builder()
        .endpointOverride(endpoint)
        .region(Region.US_EAST_1)
        .credentialsProvider(
            StaticCredentialsProvider.create(AwsBasicCredentials.create("key", "secret")));
  }

  /** A client that speaks JSON: it reads the property once, when it is built. */
  static KinesisAsyncClient withoutCbor(Supplier<KinesisAsyncClient> build) {
    var setting = SdkSystemSetting.CBOR_ENABLED.property();
    System.setProperty(setting, "false");
    try {
      return build.get();
    } finally {
      System.clearProperty(setting);
    }
  }

  KinesisStream create(String name, int shards) {
    server.createStream(name, shards);
    return open(name);
  }

  KinesisStream open(String name) {
    return connector.open(StreamSource.kinesis(name), loop, new SplittableRandom(11));
  }

  /** Another process's connector to the same server. */
  KinesisConnector another(Retrieval retrieval) {
    return new KinesisConnector(counted.client(), retrieval);
  }

  /** Waits until the stream's consumer is there. */
  void awaitConsumer(KinesisStream stream) {
    assertThat(await(stream.consumerArn())).contains("/consumer/reader:");
  }

  /** Single calls, on the way of the streams. */
  KinesisCalls calls(String name) {
    return new KinesisCalls(
        counted.client(), Place.of(name, counted.client()), loop, new SplittableRandom(13));
  }

  KinesisSink sink(String name) {
    return (KinesisSink) connector.sink(name, loop, new SplittableRandom(12));
  }

  KinesisSink packingSink(String name) {
    return (KinesisSink) connector.packingSink(name, loop, new SplittableRandom(12));
  }

  /** Waits for the stage; time passes only while no call is under way. */
  <T> T await(CompletionStage<T> stage) {
    CompletableFuture<T> answer = stage.toCompletableFuture();
    while (!answer.isDone()) {
      boolean turned = loop.runUntil(() -> answer.isDone() || underWay() == 0, CALL_MILLIS_MAX);
      assertThat(turned).as("the server answers").isTrue();
      if (subscriptions.owed() > 0
          && (loop.runUntil(answer::isDone, PUSH_MILLIS_MAX) || comesBehindCalls(answer))) {
        break;
      }
      if (!answer.isDone() && underWay() == 0) {
        var next = loop.nextDue();
        assertThat(next).as("something is still to happen").isPresent();
        loop.advance(next.orElseThrow());
      }
    }
    return answer.join();
  }

  private int underWay() {
    return counted.underWay() + subscriptions.underWay();
  }

  private boolean comesBehindCalls(CompletableFuture<?> answer) {
    for (int i = 0; i < CALLS_BEHIND_A_PUSH && !answer.isDone(); i++) {
      var call = direct.describeLimits();
      CompletionStage<?> answering = call;
      answering.whenComplete((answered, failure) -> loop.execute(() -> {})); // It looks at once.
      loop.runUntil(() -> answer.isDone() || call.isDone(), CALL_MILLIS_MAX);
    }
    return answer.isDone();
  }

  @Override
  public void close() {
    direct.close();
    front.close();
    server.close();
  }
}
