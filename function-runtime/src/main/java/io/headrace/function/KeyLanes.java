package io.headrace.function;

import io.headrace.kcl.KeyStanding;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Which task of which key is next: strict order within a key, one at a time, many keys at once.
 * Pure bookkeeping, owned by the worker loop.
 *
 * <p>A lane is waiting (its first task may start), running, resting (its first task is under way
 * but holds no thread, as while its outputs are sent), or backing off (its first task will be tried
 * again). What becomes of a task is told by its lane, so that a key is looked up when a task comes
 * and when its lane ends, and not in between.
 */
final class KeyLanes<T> {
  private enum Phase {
    WAITING,
    RUNNING,
    RESTING,
    BACKING_OFF,
    ENDED
  }

  /** What is set aside may take one of so many places. */
  private static final int ASIDE_SHARE = 4;

  /** The tasks of one key, for as long as there are any. */
  static final class Lane<T> {
    private final String key;
    private Phase phase = Phase.WAITING;
    private @Nullable T first;

    /** Mostly there are none, and so is this. */
    private @Nullable ArrayDeque<T> behind;

    /** Begun as one that was set aside. */
    private boolean aside;

    private Lane(String key) {
      this.key = key;
    }

    /** The one that is under way, or is next. */
    T first() {
      return Objects.requireNonNull(first, "a lane without tasks");
    }

    private boolean isEmpty() {
      return first == null;
    }

    private int size() {
      return (first == null ? 0 : 1) + (behind == null ? 0 : behind.size());
    }

    private List<T> all() {
      var all = new ArrayList<T>(size());
      if (first != null) {
        all.add(first);
      }
      if (behind != null) {
        all.addAll(behind);
      }
      return all;
    }

    private void add(T task) {
      if (first == null) {
        first = task;
        return;
      }
      if (behind == null) {
        behind = new ArrayDeque<>(1);
      }
      behind.add(task);
    }

    private void removeFirst() {
      first = behind == null ? null : behind.poll();
    }

    private void clear() {
      first = null;
      behind = null;
    }

    private void turn(Phase from, Phase to) {
      if (phase != from) {
        throw new IllegalStateException(
            "lane of key hash " + key.hashCode() + " is " + phase + ", expected " + from);
      }
      phase = to;
    }
  }

  private final int runningMax;
  private final Map<String, Lane<T>> lanes = new HashMap<>();
  private final ArrayDeque<Lane<T>> waiting = new ArrayDeque<>();
  private final ArrayDeque<Lane<T>> waitingAside = new ArrayDeque<>();
  private final Predicate<T> setAside;
  private int running;
  private int runningAside;

  KeyLanes(int runningMax) {
    this(runningMax, task -> false);
  }

  /**
   * Lanes of which some are set aside.
   *
   * @param setAside of the first tasks of lanes, those that may take a quarter of the room at most
   */
  KeyLanes(int runningMax, Predicate<T> setAside) {
    this.runningMax = runningMax;
    this.setAside = setAside;
  }

  /** Puts a task behind the others of its key; answers where it stands. */
  Lane<T> add(String key, T task) {
    var lane = lanes.computeIfAbsent(key, Lane::new);
    boolean alone = lane.isEmpty();
    lane.add(task);
    if (alone) {
      lineUp(lane);
    }
    return lane;
  }

  /** Whether any first task waits to be started. */
  boolean hasNext() {
    return !waiting.isEmpty() || !waitingAside.isEmpty();
  }

  /** The next lane whose first task is to be started and is running from now on; null for none. */
  @Nullable Lane<T> start() {
    if (running == runningMax) {
      return null;
    }
    // Else what is set aside would never begin where there is always more than fits.
    boolean hasRoomAside = runningAside < Math.max(1, runningMax / ASIDE_SHARE);
    var lane = hasRoomAside ? waitingAside.poll() : null;
    return begin(lane != null ? lane : waiting.poll());
  }

  /**
   * As {@link #start}, but the first whose first task is preferred, where there is one, and what is
   * set aside last.
   */
  @Nullable Lane<T> startRather(Predicate<T> preferred) {
    if (running == runningMax) {
      return null;
    }
    for (var lane : waiting) {
      if (preferred.test(lane.first())) {
        waiting.remove(lane);
        return begin(lane);
      }
    }
    var lane = waiting.poll();
    return begin(lane != null ? lane : waitingAside.poll());
  }

  /** As {@link #start}, but only a lane that has such a task, be it behind others. */
  @Nullable Lane<T> startOnly(Predicate<T> wanted) {
    if (running == runningMax) {
      return null;
    }
    for (var lane : waiting) {
      if (lane.all().stream().anyMatch(wanted)) {
        waiting.remove(lane);
        return begin(lane);
      }
    }
    return null;
  }

  private @Nullable Lane<T> begin(@Nullable Lane<T> lane) {
    if (lane != null) {
      lane.turn(Phase.WAITING, Phase.RUNNING);
      lane.aside = setAside.test(lane.first());
      running++;
      runningAside += lane.aside ? 1 : 0;
    }
    return lane;
  }

  private void runsNoMore(Lane<T> lane) {
    running--;
    runningAside -= lane.aside ? 1 : 0;
  }

  private void lineUp(Lane<T> lane) {
    (setAside.test(lane.first()) ? waitingAside : waiting).add(lane);
  }

  /** The running task was not begun after all, and is next again. */
  void putBack(Lane<T> lane) {
    lane.turn(Phase.RUNNING, Phase.WAITING);
    runsNoMore(lane);
    (lane.aside ? waitingAside : waiting).addFirst(lane);
  }

  /** The running task holds no thread any more, but is not finished. */
  void rest(Lane<T> lane) {
    lane.turn(Phase.RUNNING, Phase.RESTING);
    runsNoMore(lane);
  }

  /** The resting task failed and will be tried again. */
  void backOff(Lane<T> lane) {
    lane.turn(Phase.RESTING, Phase.BACKING_OFF);
  }

  /** The task that backed off wants to run again. */
  void resume(Lane<T> lane) {
    lane.turn(Phase.BACKING_OFF, Phase.WAITING);
    lineUp(lane);
  }

  /** The resting task is finished: its lane goes on with the next. */
  void finish(Lane<T> lane) {
    lane.turn(Phase.RESTING, Phase.WAITING);
    lane.removeFirst();
    if (lane.isEmpty()) {
      lane.turn(Phase.WAITING, Phase.ENDED);
      lanes.remove(lane.key);
    } else {
      lineUp(lane);
    }
  }

  /** The tasks of a lane, in order; none when it has ended. */
  List<T> tasks(Lane<T> lane) {
    return lane.all();
  }

  /** The first task behind the one that is under way of which this is true; null for none. */
  @Nullable T firstBehind(Lane<T> lane, Predicate<T> predicate) {
    return lane.behind == null
        ? null
        : lane.behind.stream().filter(predicate).findFirst().orElse(null);
  }

  /** Puts a task into a lane before one that is not its first. */
  void addBefore(Lane<T> lane, T behind, T task) {
    var before = List.copyOf(Objects.requireNonNull(lane.behind, "a task that was found behind"));
    lane.behind = new ArrayDeque<>(before.size() + 1);
    for (var next : before) {
      if (next == behind) {
        lane.behind.add(task);
      }
      lane.behind.add(next);
    }
  }

  /** Takes these out of a lane; none of them is its first, which may be under way. */
  void takeOut(Lane<T> lane, Collection<T> some) {
    if (some.contains(lane.first())) {
      throw new IllegalStateException(
          "the first task of lane of key hash " + lane.key.hashCode() + " can't be taken out");
    }
    if (lane.behind != null) {
      lane.behind.removeAll(new HashSet<>(some));
    }
  }

  /** Takes out every task that is not under way: what is left ends its lane. */
  List<T> drain() {
    var left = new ArrayList<T>();
    waiting.clear();
    waitingAside.clear();
    for (var lanesLeft = lanes.values().iterator(); lanesLeft.hasNext(); ) {
      var lane = lanesLeft.next();
      boolean underWay = lane.phase == Phase.RUNNING || lane.phase == Phase.RESTING;
      var tasks = lane.all();
      left.addAll(underWay ? tasks.subList(1, tasks.size()) : tasks);
      lane.clear();
      if (underWay) {
        lane.add(tasks.get(0));
      } else {
        lane.phase = Phase.ENDED;
        lanesLeft.remove();
      }
    }
    return left;
  }

  boolean isEmpty() {
    return lanes.isEmpty();
  }

  /**
   * How the keys stand.
   *
   * @param failed whether a task has failed before
   */
  KeyStanding standing(Predicate<T> failed) {
    int failing = 0;
    int tasks = 0;
    for (var lane : lanes.values()) {
      tasks += lane.size();
      failing += lane.phase == Phase.BACKING_OFF || failed.test(lane.first()) ? 1 : 0;
    }
    return KeyStanding.of(lanes.size(), failing, tasks - lanes.size());
  }

  /** Visits the tasks that are running. */
  void forEachRunning(Consumer<T> visitor) {
    for (var lane : lanes.values()) {
      if (lane.phase == Phase.RUNNING) {
        visitor.accept(lane.first());
      }
    }
  }
}
