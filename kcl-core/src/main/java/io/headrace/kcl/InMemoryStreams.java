package io.headrace.kcl;

import io.headrace.kcl.loop.EventLoop;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.random.RandomGenerator;

/** The in-memory streams of one service name. Any thread may call. */
public final class InMemoryStreams implements StreamConnector {
  private final String service;
  private final Map<String, InMemoryStream> streams = new ConcurrentHashMap<>();

  /**
   * Makes an empty set.
   *
   * @param service what {@link StreamSource#service} must name; {@code kinesis} to stand in for it
   */
  public InMemoryStreams(String service) {
    this.service = service;
  }

  /**
   * Makes a stream.
   *
   * @throws IllegalArgumentException when there is one of that name
   */
  public InMemoryStream create(String name, int shardCount, EventLoop loop) {
    var stream = new InMemoryStream(name, shardCount, loop);
    if (streams.putIfAbsent(name, stream) != null) {
      throw new IllegalArgumentException("stream " + name + " exists");
    }
    return stream;
  }

  /**
   * The stream of that name.
   *
   * @throws StreamException when there is none
   */
  public InMemoryStream stream(String name) {
    var stream = streams.get(name);
    if (stream == null) {
      throw new StreamException(
          StreamException.Kind.NOT_FOUND,
          "there is no stream " + name + ": create it first; there are " + streams.keySet());
    }
    return stream;
  }

  @Override
  public String service() {
    return service;
  }

  @Override
  public ShardedStream open(StreamSource source, EventLoop loop, RandomGenerator random) {
    return stream(source.name());
  }

  @Override
  public StreamSink sink(String stream, EventLoop loop, RandomGenerator random) {
    return stream(stream).sink();
  }

  /** With one shard. */
  @Override
  public CompletionStage<Void> create(StreamSource source, EventLoop loop, RandomGenerator random) {
    streams.computeIfAbsent(source.name(), name -> new InMemoryStream(name, 1, loop));
    return CompletableFuture.completedFuture(null);
  }

  @Override
  public void close() {}
}
