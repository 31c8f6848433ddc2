package io.headrace.function;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which task of which key is next: strict order within a key, one at a time, many keys at once.
 * Pure bookkeeping, owned by the worker loop.
 *
 * <p>A lane is waiting (its first task may start), running, resting (its first task is under way
 * but holds no thread, as while its outputs are sent), or backing off (its first task will be tried
 * again).
 */
final class KeyLanes<T> {
  private enum Phase {
    WAITING,
    RUNNING,
    RESTING,
    BACKING_OFF
  }

  private static final class Lane<T> {
    final ArrayDeque<T> tasks = new ArrayDeque<>();
    Phase phase = Phase.WAITING;
  }

  private final int runningMax;
  private final Map<String, Lane<T>> lanes = new HashMap<>();
  private final ArrayDeque<String> waiting = new ArrayDeque<>();
  private int running;

  KeyLanes(int runningMax) {
    this.runningMax = runningMax;
  }

  /** Puts a task behind the others of its key. */
  void add(String key, T task) {
    var lane = lanes.get(key);
    if (lane == null) {
      lane = new Lane<>();
      lanes.put(key, lane);
      waiting.add(key);
    }
    lane.tasks.add(task);
  }

  /** The next task to be started, which is running from now on; null when none may. */
  @Nullable T start() {
    if (running == runningMax) {
      return null;
    }
    var key = waiting.poll();
    if (key == null) {
      return null;
    }
    var lane = lane(key);
    lane.phase = Phase.RUNNING;
    running++;
    return lane.tasks.element();
  }

  /** The running task of the key holds no thread any more, but is not finished. */
  void rest(String key) {
    var lane = lane(key);
    expect(key, lane, Phase.RUNNING);
    lane.phase = Phase.RESTING;
    running--;
  }

  /** The resting task of the key failed and will be tried again. */
  void backOff(String key) {
    var lane = lane(key);
    expect(key, lane, Phase.RESTING);
    lane.phase = Phase.BACKING_OFF;
  }

  /** The task of the key that backed off wants to run again. */
  void resume(String key) {
    var lane = lane(key);
    expect(key, lane, Phase.BACKING_OFF);
    lane.phase = Phase.WAITING;
    waiting.add(key);
  }

  /** The resting task of the key is finished: its lane goes on with the next. */
  void finish(String key) {
    var lane = lane(key);
    expect(key, lane, Phase.RESTING);
    lane.tasks.remove();
    if (lane.tasks.isEmpty()) {
      lanes.remove(key);
    } else {
      lane.phase = Phase.WAITING;
      waiting.add(key);
    }
  }

  /** Takes out every task that is not under way: what is left ends its lane. */
  List<T> drain() {
    var left = new ArrayList<T>();
    waiting.clear();
    for (var lanesLeft = lanes.values().iterator(); lanesLeft.hasNext(); ) {
      var lane = lanesLeft.next();
      boolean underWay = lane.phase == Phase.RUNNING || lane.phase == Phase.RESTING;
      var first = underWay ? lane.tasks.poll() : null;
      left.addAll(lane.tasks);
      lane.tasks.clear();
      if (first == null) {
        lanesLeft.remove();
      } else {
        lane.tasks.add(first);
      }
    }
    return left;
  }

  boolean isEmpty() {
    return lanes.isEmpty();
  }

  private Lane<T> lane(String key) {
    var lane = lanes.get(key);
    if (lane == null) {
      throw new IllegalStateException("no lane for a key of hash " + key.hashCode());
    }
    return lane;
  }

  private static void expect(String key, Lane<?> lane, Phase phase) {
    if (lane.phase != phase) {
      throw new IllegalStateException(
          "lane of key hash " + key.hashCode() + " is " + lane.phase + ", expected " + phase);
    }
  }
}
