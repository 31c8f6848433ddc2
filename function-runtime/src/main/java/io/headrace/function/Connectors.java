package io.headrace.function;

import io.headrace.kcl.ShardedStream;
import io.headrace.kcl.StreamConnector;
import io.headrace.kcl.StreamException;
import io.headrace.kcl.StreamSink;
import io.headrace.kcl.StreamSource;
import io.headrace.kcl.loop.EventLoop;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;

/**
 * Opens streams by the connectors that were given, and by those on the class path for services
 * without one. Each stream is opened once. Used by the thread that starts and stops the runtime.
 */
final class Connectors implements AutoCloseable {
  private static final String SINK_SERVICE = "kinesis";

  private final String application;
  private final EventLoop loop;
  private final RandomGenerator random;
  private final Map<String, StreamConnector> byService = new LinkedHashMap<>();
  private final List<StreamConnector> found = new ArrayList<>();
  private final Map<String, ShardedStream> streams = new LinkedHashMap<>();
  private final List<ShardedStream> whole = new ArrayList<>();
  private final Map<String, StreamSink> throughSinks = new LinkedHashMap<>();

  Connectors(
      String application, List<StreamConnector> given, EventLoop loop, RandomGenerator random) {
    this.application = application;
    this.loop = loop;
    this.random = random;
    given.forEach(connector -> byService.put(connector.service(), connector));
  }

  ShardedStream open(StreamSource source) {
    return streams.computeIfAbsent(
        source.name(), name -> connector(source.service()).open(source, application, loop, random));
  }

  /**
   * A stream through which a function is keyed.
   *
   * @param creating whether it is made where there is none
   */
  ShardedStream through(StreamSource source, FunctionSpec<?, ?> spec, boolean creating) {
    return streams.computeIfAbsent(
        source.name(),
        name -> {
          var connector = connector(source.service());
          return new ThroughStream(
              connector.open(source, application, loop, random),
              () ->
                  creating
                      ? connector.create(source, loop, random)
                      : CompletableFuture.failedFuture(
                          new StreamException(
                              StreamException.Kind.NOT_FOUND,
                              spec
                                  + " is keyed across stream "
                                  + name
                                  + ", which is not there: make it, or let workers make it"
                                  + " (createStreams: onDemand)")));
        });
  }

  /** For this worker alone, beside those of which it runs its share. */
  ShardedStream openWhole(StreamSource source) {
    var stream = connector(source.service()).openWhole(source, loop, random);
    whole.add(stream);
    return stream;
  }

  /** Those of which the worker runs its share. */
  List<ShardedStream> opened() {
    return List.copyOf(streams.values());
  }

  /** Streams that are written are of Kinesis, unless only one other service is known. */
  StreamSink sink(String stream) {
    var only = byService.size() == 1 ? byService.keySet().iterator().next() : SINK_SERVICE;
    return connector(only).sink(stream, loop, random);
  }

  /** A stream that is both written and read, by nobody else. */
  StreamSink sink(StreamSource stream) {
    return throughSinks.computeIfAbsent(
        stream.name(), name -> connector(stream.service()).packingSink(name, loop, random));
  }

  private StreamConnector connector(String service) {
    var known = byService.get(service);
    if (known != null) {
      return known;
    }
    for (var connector : ServiceLoader.load(StreamConnector.class)) {
      if (connector.service().equals(service)) {
        byService.put(service, connector);
        found.add(connector);
        return connector;
      }
    }
    throw new IllegalStateException(
        "streams of service \""
            + service
            + "\": there is no StreamConnector; give one by connecting(...) or put one on the class"
            + " path");
  }

  @Override
  public void close() {
    throughSinks.values().forEach(StreamSink::close);
    streams.values().forEach(ShardedStream::close);
    whole.forEach(ShardedStream::close);
    found.forEach(StreamConnector::close);
  }
}
