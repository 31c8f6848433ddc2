package io.headrace.function;

import io.headrace.kcl.ShardKey;
import io.headrace.kcl.WorkerEvent;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Which sinks can't be written now, for the worker's health. Told on the worker loop; asked by any
 * thread.
 */
final class SinkTroubles {
  private record Place(String function, ShardKey shard, String sink) {}

  private final Map<Place, String> sentences = new ConcurrentHashMap<>();

  void on(FunctionEvent event) {
    if (event instanceof FunctionEvent.SinkUnavailable down) {
      sentences.put(
          new Place(down.function(), down.shard(), down.sink()),
          "function "
              + down.function()
              + ", shard "
              + down.shard()
              + ": "
              + down.sink()
              + " can't be written, and what it is to get waits: "
              + down.cause().getMessage());
    } else if (event instanceof FunctionEvent.SinkRecovered up) {
      sentences.remove(new Place(up.function(), up.shard(), up.sink()));
    }
  }

  /** What waited in a shard that went elsewhere is the next owner's. */
  void on(WorkerEvent event) {
    if (event instanceof WorkerEvent.ShardStopped stopped) {
      sentences.keySet().removeIf(place -> place.shard().equals(stopped.shard()));
    } else if (event instanceof WorkerEvent.FunctionResumed resumed) {
      // Another run: it finds out for itself, and the last one's recovery is told by nobody.
      var function = FunctionSpec.functionOf(resumed.function());
      sentences
          .keySet()
          .removeIf(
              place -> place.shard().equals(resumed.shard()) && place.function().equals(function));
    }
  }

  Collection<String> sentences() {
    return sentences.values();
  }
}
