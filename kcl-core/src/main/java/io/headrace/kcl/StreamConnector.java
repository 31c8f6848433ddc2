package io.headrace.kcl;

import io.headrace.kcl.loop.EventLoop;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.random.RandomGenerator;

/**
 * Opens streams of one service. Found by {@link java.util.ServiceLoader} unless one is given, which
 * is how a test or a laptop puts its own endpoint in. Any thread may call.
 */
public interface StreamConnector extends AutoCloseable {
  /** The {@link StreamSource#service} that it connects. */
  String service();

  /**
   * Opens a stream for reading; makes no call yet.
   *
   * @param loop where waits are timed
   * @param random for jitter
   */
  ShardedStream open(StreamSource source, EventLoop loop, RandomGenerator random);

  /**
   * Opens a stream for an application whose workers read it together, where the service wants to
   * know who reads: Kinesis names its fan-out consumer after it.
   */
  default ShardedStream open(
      StreamSource source, String application, EventLoop loop, RandomGenerator random) {
    return open(source, loop, random);
  }

  /**
   * Opens a stream of which the caller reads every shard by itself, beside others who do the same:
   * never as a consumer that readers share, of whom each shard would serve one.
   */
  default ShardedStream openWhole(StreamSource source, EventLoop loop, RandomGenerator random) {
    return open(source, loop, random);
  }

  /** Opens a stream for writing; makes no call yet. */
  StreamSink sink(String stream, EventLoop loop, RandomGenerator random);

  /**
   * As {@link #sink}, of a stream that nobody but Headrace reads: entries may be packed together as
   * this service's readers in Headrace unpack them. A packed entry that lands in a shard to which
   * its key does not belong, as the shards change, is a {@link StreamRecord#misrouted} one there
   * and is put again: whoever reads leaves it out.
   */
  default StreamSink packingSink(String stream, EventLoop loop, RandomGenerator random) {
    return sink(stream, loop, random);
  }

  /**
   * Makes a stream unless it is there, and waits until it takes records.
   *
   * @return fails with {@link StreamException} when it can't be made
   */
  default CompletionStage<Void> create(
      StreamSource source, EventLoop loop, RandomGenerator random) {
    return CompletableFuture.failedFuture(
        new StreamException(
            StreamException.Kind.NOT_FOUND,
            "stream " + source + ": streams of service " + service() + " are made by hand"));
  }

  /** Closes the connections that it made itself. */
  @Override
  void close();
}
