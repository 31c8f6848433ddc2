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
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/**
 * Opens streams of Amazon Kinesis Data Streams. Any thread may call.
 *
 * <pre>{@code
 * var connector = new KinesisConnector(
 *     KinesisAsyncClient.builder().endpointOverride(local.endpoint()).build());
 * }</pre>
 */
public final class KinesisConnector implements StreamConnector {
  /** What {@link StreamSource#service} says of a Kinesis stream. */
  public static final String SERVICE = "kinesis";

  private final boolean ownsClient;
  private @Nullable KinesisAsyncClient client;

  /**
   * Connects as the environment says (region, credentials and endpoint of the AWS SDK's default
   * chains), from the first stream that is opened until {@link #close}.
   */
  public KinesisConnector() {
    this.ownsClient = true;
  }

  /** Connects through a client that stays the caller's to close. */
  public KinesisConnector(KinesisAsyncClient client) {
    this.ownsClient = false;
    this.client = client;
  }

  @Override
  public String service() {
    return SERVICE;
  }

  /**
   * Opens a stream for reading.
   *
   * @throws StreamException when the environment names no region
   */
  @Override
  public KinesisStream open(StreamSource source, EventLoop loop, RandomGenerator random) {
    if (!source.service().equals(SERVICE)) {
      throw new IllegalArgumentException(
          "stream " + source + " belongs to service " + source.service() + ", not " + SERVICE);
    }
    return new KinesisStream(calls(source.name(), loop, random));
  }

  /**
   * Opens a stream for writing.
   *
   * @throws StreamException when the environment names no region
   */
  @Override
  public StreamSink sink(String stream, EventLoop loop, RandomGenerator random) {
    return new KinesisSink(calls(stream, loop, random));
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

  /** Closes the client if the connector made it; streams and sinks must be closed before. */
  @Override
  public synchronized void close() {
    if (ownsClient && client != null) {
      client.close();
      client = null;
    }
  }

  private KinesisCalls calls(String stream, EventLoop loop, RandomGenerator random) {
    KinesisAsyncClient connected = client(stream);
    return new KinesisCalls(connected, Place.of(stream, connected), loop, random);
  }

  private synchronized KinesisAsyncClient client(String stream) {
    if (client == null) {
      try {
        client = KinesisAsyncClient.create();
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
