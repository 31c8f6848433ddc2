package io.headrace.function.metrics;

import io.headrace.kcl.ShardKey;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Which sinks of a function can't be written now, and in which shards that was found. Told on the
 * worker loop; counted by any thread.
 */
final class SinksDown {
  private record Place(ShardKey shard, String sink) {}

  private final Set<Place> places = ConcurrentHashMap.newKeySet();

  void down(ShardKey shard, String sink) {
    places.add(new Place(shard, sink));
  }

  void up(ShardKey shard, String sink) {
    places.remove(new Place(shard, sink));
  }

  /** What waited there is the next owner's, or the next run's, who finds out for themselves. */
  void left(ShardKey shard) {
    places.removeIf(place -> place.shard().equals(shard));
  }

  void clear() {
    places.clear();
  }

  long count() {
    return places.stream().map(Place::sink).distinct().count();
  }
}
