package io.headrace.function;

import io.headrace.kcl.ShardKey;
import io.headrace.kcl.WorkerEvent;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Where half of the keys or bytes that may be parked are, or more, for the worker's health. Told on
 * the worker loop; asked by any thread.
 */
final class ParkingTroubles {
  private record Place(String function, ShardKey shard) {}

  private final Map<Place, String> sentences = new ConcurrentHashMap<>();

  void on(FunctionEvent event) {
    if (event instanceof FunctionEvent.ParkedFound found) {
      look(event, found.load());
    } else if (event instanceof FunctionEvent.KeyParked parked) {
      look(event, parked.load());
    } else if (event instanceof FunctionEvent.RecordsParked parked) {
      look(event, parked.load());
    } else if (event instanceof FunctionEvent.ParkedSettled settled) {
      look(event, settled.load());
    } else if (event instanceof FunctionEvent.KeyResumed resumed) {
      look(event, resumed.load());
    } else if (event instanceof FunctionEvent.ParkingFull full) {
      sentences.put(
          placeOf(event), sentence(event, full.load()) + "; no more fits, and the position waits");
    }
  }

  /** What is parked in a shard that went elsewhere is the next owner's to tell. */
  void on(WorkerEvent event) {
    if (event instanceof WorkerEvent.ShardStopped stopped) {
      sentences.keySet().removeIf(place -> place.shard().equals(stopped.shard()));
    } else if (event instanceof WorkerEvent.FunctionHeld held) {
      sentences.remove(new Place(held.function(), held.shard()));
    }
  }

  Collection<String> sentences() {
    return sentences.values();
  }

  private void look(FunctionEvent event, KeyParking.Load load) {
    if (load.isHalfFull()) {
      sentences.put(placeOf(event), sentence(event, load));
    } else {
      sentences.remove(placeOf(event));
    }
  }

  private static Place placeOf(FunctionEvent event) {
    return new Place(event.function(), event.shard());
  }

  private static String sentence(FunctionEvent event, KeyParking.Load load) {
    return "function "
        + event.function()
        + ", shard "
        + event.shard()
        + ": keys that keep failing are parked, "
        + load;
  }
}
