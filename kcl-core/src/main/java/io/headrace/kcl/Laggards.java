package io.headrace.kcl;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The functions of one shard that were too slow for the others and read behind them until they have
 * caught up; tells of both. On the worker loop only.
 */
final class Laggards {
  private final ShardPlace place;
  private final EngineContext engine;
  private final Set<FunctionRunning> behind = new HashSet<>();

  Laggards(ShardPlace place, EngineContext engine) {
    this.place = place;
    this.engine = engine;
  }

  boolean contains(FunctionRunning function) {
    return behind.contains(function);
  }

  void leftBehind(FunctionRunning function) {
    if (behind.add(function)) {
      engine.tell(new WorkerEvent.LeftBehind(place.key(), function.name()));
    }
  }

  /**
   * These read together now: who was behind is so no more, if one of them never was.
   *
   * @param all nobody else reads, so that there is nobody to be behind of
   */
  void together(List<FunctionRunning> some, boolean all) {
    if (all || !behind.containsAll(some)) {
      some.stream()
          .filter(behind::remove)
          .forEach(function -> engine.tell(new WorkerEvent.CaughtUp(place.key(), function.name())));
    }
  }

  /** Its run is over. */
  void left(FunctionRunning function) {
    behind.remove(function);
  }
}
