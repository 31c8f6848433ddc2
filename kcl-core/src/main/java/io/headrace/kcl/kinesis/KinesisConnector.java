package io.headrace.kcl.kinesis;

import io.headrace.kcl.StreamConnector;
import io.headrace.kcl.StreamException;
import io.headrace.kcl.StreamException.Kind;
import io.headrace.kcl.StreamSink;
import io.headrace.kcl.StreamSource;
import io.headrace.kcl.kinesis.ProducerMachine.Patience;
import io.headrace.kcl.loop.Entropy;
import io.headrace.kcl.loop.EventLoop;
import io.headrace.kcl.loop.ThreadedLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/**
 * Opens streams of Amazon Kinesis Data Streams. Any thread may call.
 *
 * <p>Streams are read by enhanced fan-out unless a {@link Retrieval} says otherwise. A client that
 * is given should have the HTTP of {@link KinesisHttp}: any works, but the SDK's usual one takes 50
 * subscriptions and ends those from which nothing is read for 30 s. Calls are never retried by the
 * SDK; a client that {@link KinesisHttp#prepare} has set up makes them cheaper.
 *
 * <pre>{@code
 * var connector = new KinesisConnector(
 *     KinesisAsyncClient.builder()
 *         .endpointOverride(local.endpoint())
 *         .httpClientBuilder(KinesisHttp.builder())
 *         .overrideConfiguration(KinesisHttp::prepare)
 *         .build());
 * }</pre>
 */
public final class KinesisConnector implements StreamConnector {
  private static final Logger LOG = LoggerFactory.getLogger(KinesisConnector.class);

  /** What {@link StreamSource#service} says of a Kinesis stream. */
  public static final String SERVICE = "kinesis";

  /** What taking consumers away may hold {@link #close} up for. */
  private static final Duration DEREGISTERING_MAX = Duration.ofSeconds(2);

  private final boolean ownsClient;
  private final Retrieval retrieval;
  private final AtomicBoolean announced = new AtomicBoolean();

  /** Those whose consumers are taken away with this. */
  private final List<KinesisStream> opened = new ArrayList<>();

  private @Nullable KinesisAsyncClient client;

  /**
   * Connects as the environment says (region, credentials and endpoint of the AWS SDK's default
   * chains), from the first stream that is opened until {@link #close}; reads by enhanced fan-out.
   */
  public KinesisConnector() {
    this.ownsClient = true;
    this.retrieval = Retrieval.fanOut();
  }

  /**
   * Connects through a client that stays the caller's to close; reads by enhanced fan-out, with a
   * consumer named after the application.
   */
  public KinesisConnector(KinesisAsyncClient client) {
    this(client, Retrieval.fanOut());
  }

  /** Connects through a client that stays the caller's to close, and reads like this. */
  public KinesisConnector(KinesisAsyncClient client, Retrieval retrieval) {
    this.ownsClient = false;
    this.client = client;
    this.retrieval = retrieval;
  }

  @Override
  public String service() {
    return SERVICE;
  }

  /** How the streams of this connector are read. */
  public Retrieval retrieval() {
    return retrieval;
  }

  /**
   * Opens a stream for reading. Without an application's name, enhanced fan-out needs one of the
   * consumer's in {@link Retrieval.FanOut#as}; else the stream is polled.
   *
   * @throws StreamException when the environment names no region, or the consumer is one of another
   *     stream
   */
  @Override
  public KinesisStream open(StreamSource source, EventLoop loop, RandomGenerator random) {
    return open(source, Optional.empty(), loop, random);
  }

  /**
   * Opens a stream for reading by an application, after which its fan-out consumer is named unless
   * {@link Retrieval.FanOut#as} names it.
   *
   * @throws StreamException when the environment names no region, or the consumer is one of another
   *     stream
   */
  @Override
  public KinesisStream open(
      StreamSource source, String application, EventLoop loop, RandomGenerator random) {
    if (!announced.getAndSet(true)) {
      LOG.info("{}", retrieval.announcement());
    }
    return open(source, Optional.of(application), loop, random);
  }

  /** Always by polling. */
  @Override
  public KinesisStream openWhole(StreamSource source, EventLoop loop, RandomGenerator random) {
    requireKinesis(source);
    return new KinesisStream(calls(source.name(), loop, random), null);
  }

  private static void requireKinesis(StreamSource source) {
    if (!source.service().equals(SERVICE)) {
      throw new IllegalArgumentException(
          "stream " + source + " belongs to service " + source.service() + ", not " + SERVICE);
    }
  }

  private KinesisStream open(
      StreamSource source, Optional<String> application, EventLoop loop, RandomGenerator random) {
    requireKinesis(source);
    KinesisCalls calls = calls(source.name(), loop, random);
    var stream = new KinesisStream(calls, consumer(source.name(), application));
    if (retrieval instanceof Retrieval.FanOut fanOut && fanOut.deregisters()) {
      synchronized (this) {
        opened.add(stream);
      }
    }
    return stream;
  }

  private @Nullable ConsumerName consumer(String stream, Optional<String> application) {
    if (!(retrieval instanceof Retrieval.FanOut fanOut)) {
      return null;
    }
    ConsumerName consumer =
        fanOut.consumer().or(() -> application).map(ConsumerName::parse).orElse(null);
    if (consumer != null && !consumer.isOfStream(stream)) {
      throw new StreamException(
          Kind.INVALID,
          "consumer \""
              + consumer.arn()
              + "\" is not one of stream \""
              + stream
              + "\"; name a consumer of that stream, or leave it out");
    }
    return consumer;
  }

  /**
   * Opens a stream for writing.
   *
   * @throws StreamException when the environment names no region
   */
  @Override
  public StreamSink sink(String stream, EventLoop loop, RandomGenerator random) {
    return KinesisSink.plain(calls(stream, loop, random));
  }

  /** Packs as the Kinesis Producer Library does, shard by shard; needs the right to ListShards. */
  @Override
  public StreamSink packingSink(String stream, EventLoop loop, RandomGenerator random) {
    return KinesisSink.packing(calls(stream, loop, random));
  }

  /** Makes the stream with capacity on demand; needs the right to CreateStream. */
  @Override
  public CompletionStage<Void> create(StreamSource source, EventLoop loop, RandomGenerator random) {
    return new StreamCreation(calls(source.name(), loop, random)).create();
  }

  /**
   * Opens a stream for writing, with a thread of its own that ends when the producer is closed.
   * Close producers before the connector.
   *
   * @throws StreamException when the environment names no region
   */
  public HeadraceProducer producer(String stream, ProducerSettings settings) {
    ThreadedLoop loop = HeadraceProducer.loopFor(stream);
    try {
      var calls = calls(stream, loop, Entropy.generator());
      return new HeadraceProducer(calls, settings, Patience.SINCE_PUT, loop::close);
    } catch (StreamException noClient) {
      loop.close();
      throw noClient;
    }
  }

  /**
   * Opens a stream for writing on a loop that the caller shares, and closes after the producer.
   *
   * @param random for jitter; used on the loop only
   * @throws StreamException when the environment names no region
   */
  public HeadraceProducer producer(
      String stream, ProducerSettings settings, EventLoop loop, RandomGenerator random) {
    return new HeadraceProducer(
        calls(stream, loop, random), settings, Patience.SINCE_PUT, () -> {});
  }

  /**
   * Closes the client if the connector made it; streams and sinks must be closed before. Consumers
   * that were registered here are taken away first where {@link Retrieval.FanOut#deregistering}
   * says so, for two seconds at most.
   */
  @Override
  public synchronized void close() {
    if (retrieval instanceof Retrieval.FanOut fanOut && fanOut.deregisters()) {
      deregister();
    }
    opened.clear();
    if (ownsClient && client != null) {
      client.close();
      client = null;
    }
  }

  private void deregister() {
    var all =
        CompletableFuture.allOf(
            opened.stream()
                .map(stream -> stream.deregister().toCompletableFuture())
                .toArray(CompletableFuture[]::new));
    try {
      all.get(DEREGISTERING_MAX.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException stays) {
      LOG.warn("a fan-out consumer stays registered: {}", stays.toString());
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private KinesisCalls calls(String stream, EventLoop loop, RandomGenerator random) {
    KinesisAsyncClient connected = client(stream);
    return new KinesisCalls(connected, Place.of(stream, connected), loop, random);
  }

  private synchronized KinesisAsyncClient client(String stream) {
    if (client == null) {
      try {
        client =
            KinesisAsyncClient.builder()
                .httpClientBuilder(KinesisHttp.builder())
                .overrideConfiguration(KinesisHttp::prepare)
                .build();
      } catch (SdkException misconfigured) {
        throw new StreamException(
            Kind.INVALID,
            "stream \""
                + stream
                + "\" can't be opened: the AWS SDK made no client ("
                + misconfigured.getMessage()
                + "); set AWS_REGION, or a region in the profile",
            misconfigured);
      }
    }
    return client;
  }
}
