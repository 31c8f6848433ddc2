package io.headrace.kcl;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * The functions of a worker that read one stream, and so share the reader of each of its shards.
 */
record StreamGroup(ShardedStream stream, List<HandlerSpec> specs) {
  StreamGroup {
    specs = List.copyOf(specs);
  }

  /**
   * A group for each stream, in the order in which they are first named.
   *
   * @throws IllegalArgumentException when there is no handler, or two of one name
   */
  static List<StreamGroup> byStream(List<HandlerSpec> handlers) {
    if (handlers.isEmpty()) {
      throw new IllegalArgumentException("handlers: there must be at least one");
    }
    var names = new HashSet<String>();
    var groups = new LinkedHashMap<String, List<HandlerSpec>>();
    for (var spec : handlers) {
      if (!names.add(spec.name())) {
        throw new IllegalArgumentException(
            "handlers: two are named " + spec.name() + "; each needs a name of its own");
      }
      groups.computeIfAbsent(spec.stream().name(), name -> new ArrayList<>()).add(spec);
    }
    return groups.values().stream()
        .map(specs -> new StreamGroup(specs.get(0).stream(), specs))
        .toList();
  }

  /** Opens what the first read and the first seal of a shard would otherwise wait for. */
  CompletionStage<Void> prepare(Shard shard) {
    var all = new ArrayList<CompletableFuture<Void>>();
    all.add(stream.prepare(shard).toCompletableFuture());
    specs.forEach(spec -> all.add(spec.checkpointers().prepare().toCompletableFuture()));
    return CompletableFuture.allOf(all.toArray(new CompletableFuture<?>[0]));
  }
}
