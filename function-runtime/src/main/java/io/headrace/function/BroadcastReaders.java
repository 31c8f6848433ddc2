package io.headrace.function;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.stream.Stream;

/** All broadcasts that one worker reads, each once. Made by the thread that starts the worker. */
final class BroadcastReaders {
  private final IdentityHashMap<Broadcast<?>, BroadcastReader<?>> readers = new IdentityHashMap<>();

  BroadcastReaders(
      List<FunctionSpec<?, ?>> specs, Connectors connectors, BroadcastReader.Worker worker) {
    for (var spec : specs) {
      for (var broadcast : spec.settings().broadcasts()) {
        if (!readers.containsKey(broadcast)) {
          readers.put(broadcast, reader(broadcast, specs, connectors, worker));
        }
      }
    }
  }

  private static <R> BroadcastReader<R> reader(
      Broadcast<R> broadcast,
      List<FunctionSpec<?, ?>> specs,
      Connectors connectors,
      BroadcastReader.Worker worker) {
    var functions =
        specs.stream()
            .filter(spec -> spec.settings().broadcasts().stream().anyMatch(b -> b == broadcast))
            .map(FunctionSpec::name)
            .toList();
    return new BroadcastReader<>(
        broadcast, connectors.openWhole(broadcast.source()), worker, functions);
  }

  Broadcasts of(FunctionSpec<?, ?> spec) {
    var its = new ArrayList<BroadcastReader<?>>();
    for (var broadcast : spec.settings().broadcasts()) {
      var reader = readers.get(broadcast);
      if (reader == null) {
        throw new IllegalStateException(spec + ": " + broadcast + " is not read");
      }
      its.add(reader);
    }
    return new Broadcasts(spec.name(), its);
  }

  void begin() {
    readers.values().forEach(BroadcastReader::begin);
  }

  void close() {
    readers.values().forEach(BroadcastReader::close);
  }

  /** By any thread. */
  Stream<String> sentences() {
    return readers.values().stream().flatMap(reader -> reader.sentences().stream());
  }
}
