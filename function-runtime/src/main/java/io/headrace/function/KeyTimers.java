package io.headrace.function;

import io.headrace.checkpoint.state.EntryKind;
import io.headrace.checkpoint.state.StateOrigin;
import io.headrace.checkpoint.state.StateSpace;
import io.headrace.kcl.Position;
import io.headrace.kcl.StreamRecord;
import io.headrace.kcl.loop.EventLoop;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The timers of one keyed run, and its event time. A timer that is due is put into the lane of its
 * key: by event time before the first record that was let in when the time had come, in whatever
 * order keys are worked off; by the worker's clock behind what waits there. Owned by the worker
 * loop.
 */
final class KeyTimers<O> {
  /** The wall clock may jump, so it is looked at so often while a timer goes by it. */
  private static final Duration LOOK_MAX = Duration.ofMinutes(1);

  private final Scope scope;
  private final StateSpace space;
  private final LaneRunner<O> lanes;
  private final Function<Timer, Task<O>> firing;
  private final WindowClock clock = new WindowClock();
  private final InputEnds ends = new InputEnds();
  private final IdleTime idle;

  /** All that are set; changed by the worker loop, asked by any thread. */
  private final Map<StateKey, Map<String, Timer>> set = new ConcurrentHashMap<>();

  /** Those that are not in a lane. */
  private final TreeSet<Timer> byEvent = new TreeSet<>(Timer.BY_DUE);

  private final TreeSet<Timer> byWall = new TreeSet<>(Timer.BY_DUE);

  /** Those of {@link #byEvent} by partition key. */
  private final Map<String, TreeSet<Timer>> byEventOfKey = new HashMap<>();

  /** By partition key those that are due while records of their key wait for a redrive. */
  private final Map<String, TreeSet<Timer>> held = new HashMap<>();

  private EventLoop.@Nullable Scheduled look;
  private @Nullable Instant lookAt;
  private volatile boolean expiring;
  private boolean restored;
  private boolean draining;
  private boolean changed;

  /** The last record that had to come again was let in, and is not in its lane yet. */
  private boolean resumes;

  /**
   * @param idleAfter {@link Input#idleAfter}; null for never
   * @param firing makes the task of a timer that is due
   */
  KeyTimers(
      Scope scope,
      StateSpace space,
      LaneRunner<O> lanes,
      @Nullable Duration idleAfter,
      Function<Timer, Task<O>> firing) {
    this.scope = scope;
    this.space = space;
    this.lanes = lanes;
    this.firing = firing;
    this.idle = new IdleTime(scope, idleAfter, clock);
    scope.book.whenReleased(
        key -> scope.post(() -> release(key)),
        () -> List.copyOf(held.keySet()).forEach(this::release));
  }

  /** Records are let in by their event time, and not in the shard's order. */
  void comeInAnyOrder() {
    clock.comeInAnyOrder();
  }

  /** It came due, and would be called before records of its key that are older. */
  void hold(Timer timer) {
    held.computeIfAbsent(timer.key().partitionKey(), key -> new TreeSet<>(Timer.BY_DUE)).add(timer);
  }

  /** What was cancelled or moved meanwhile finds that out when it is called. */
  private void release(String partitionKey) {
    var due = draining || scope.book.isHeld(partitionKey) ? null : held.remove(partitionKey);
    if (due != null) {
      due.forEach(timer -> lanes.add(firing.apply(timer)));
      lanes.start();
    }
  }

  /** Goes on from what the space was restored with. */
  void restore(List<StateOrigin> origins, int expected) {
    clock.restore(origins, expected);
    ends.restore(origins);
    changed = !origins.isEmpty();
    space
        .resident(EntryKind.TIMER)
        .map(each -> Timer.read(each.getKey(), each.getValue()))
        .forEach(
            timer -> {
              keep(timer);
              await(timer);
            });
    due();
    tick();
  }

  /** Notes event time for the next commit. */
  void note() {
    if (changed || idle.isNews()) {
      changed = false;
      space.note(HandlerState.CLOCK, idle.reading().write());
      ends.note(space);
    }
  }

  /** Records came, and are let in now or once event time has moved. */
  void arrived(List<StreamRecord> records, Consumer<List<StreamRecord>> let) {
    idle.arrived(records, let);
  }

  /** All that the shard has was let in. */
  void atTip() {
    // One that waits for the operator comes before the timers of its key.
    if (!scope.keepsSomeBack && clock.haveAllCome()) {
      due();
      lanes.start();
    }
    idle.atTip(time -> !byEvent.isEmpty() && !byEvent.first().due().isAfter(time));
  }

  /** A commit is confirmed; answers the records that waited for it. */
  List<StreamRecord> committed() {
    if (idle.committed()) {
      due();
      lanes.start();
    }
    return idle.takeHeld();
  }

  /** The records that wait for a commit. */
  List<StreamRecord> takeHeld() {
    return idle.takeHeld();
  }

  /**
   * A record is let in, in the shard's order: timers of its key that are due by then go before it.
   * {@link #admitted} is called once it is in its lane.
   *
   * @return the event time at its place
   */
  Instant admit(Position position, String partitionKey) {
    changed = true;
    boolean waited = clock.isWaiting();
    // A letter that is played again has no place in the shard's order.
    var judged = scope.book.isPlaying(position) ? clock.watermark() : clock.admit(position);
    var place = clock.forKey(judged, partitionKey);
    var own = byEventOfKey.get(partitionKey);
    while (own != null && !own.isEmpty() && !own.first().due().isAfter(place)) {
      fire(own.first());
    }
    resumes |= waited && !clock.isWaiting();
    return place;
  }

  /** The record is in its lane: a timer that was due behind it may go there now. */
  void admitted() {
    if (resumes) {
      resumes = false;
      due();
    }
  }

  /** Records will not be handed over again. */
  void foundDone(List<Position> positions) {
    boolean waited = clock.isWaiting();
    positions.forEach(clock::awaitsNoMore);
    if (waited && !clock.isWaiting()) {
      due();
      lanes.start();
    }
  }

  /** A mark of event time that is no record; in the shard's order. */
  void moveOn(Position position, Watermark read) {
    changed = true;
    boolean waited = clock.isWaiting();
    var unused = clock.admit(position);
    clock.finished(position);
    if (waited && !clock.isWaiting()) {
      due();
    }
    if (read.time().equals(Instant.MAX)) {
      advance(read.reached());
    }
    advance(read.time());
  }

  /** What was let in last has this event time; {@link Instant#MAX} behind the end of the input. */
  void advance(Instant time) {
    var before = clock.watermark();
    if (clock.advance(time)) {
      if (time.equals(Instant.MAX)) {
        ends.add(scope.context.shard().range(), before);
      }
      due();
    }
  }

  /** Event time moves without a record. */
  void advanceTo(Instant time) {
    changed = true;
    scope.context.outcomes().stateChanged();
    advance(time);
    lanes.start();
  }

  /** A record that was let in is finished. */
  void finished(Position position) {
    clock.finished(position);
    changed = true;
  }

  void drain() {
    draining = true;
  }

  /** Whether any state is kept for a time only; from any thread. */
  boolean isExpiring() {
    return expiring;
  }

  /**
   * What a call wants done with the timers of its key; in the turn that settles it.
   *
   * @param of the task of that call, which is the first of its lane
   */
  void change(StateKey key, Next<?> next, Task<O> of) {
    if (next.kind() == Next.Kind.FORGET) {
      forget(key);
    }
    if (next.isUntimed()) {
      return;
    }
    String origin = of.position() != null ? of.id() : Timer.originOf(of.id());
    boolean firedByEnd = isFiredByEnd(of);
    for (var wish : next.timers()) {
      if (wish instanceof Next.Cancel cancel) {
        remove(key, Timer.Kind.EVENT, cancel.name());
        remove(key, Timer.Kind.WALL, cancel.name());
      } else if (wish instanceof Next.At at) {
        remove(key, Timer.Kind.WALL, at.name());
        if (firedByEnd) {
          remove(key, Timer.Kind.EVENT, at.name());
        } else {
          set(new Timer(key, Timer.Kind.EVENT, at.name(), at.due(), origin), of);
        }
      } else if (wish instanceof Next.After after) {
        remove(key, Timer.Kind.EVENT, after.name());
        var due = scope.loop().now().plus(after.delay());
        set(new Timer(key, Timer.Kind.WALL, after.name(), due, origin), of);
      }
    }
    var ttl = next.ttl();
    if (ttl != null) {
      var due = scope.loop().now().plus(ttl);
      set(new Timer(key, Timer.Kind.EXPIRY, "", due, origin), of);
    }
  }

  /** Timers that set themselves again would fire for ever behind the end of the input. */
  private boolean isFiredByEnd(Task<O> of) {
    var reached = of.position() != null ? null : ends.before(of.key());
    return reached != null && of.comesBehind(reached);
  }

  /** It has fired, or lies in a dead letter. */
  void fired(Timer timer) {
    remove(timer.key(), timer.kind(), timer.name());
  }

  /** Removes all of a key. */
  void forget(StateKey key) {
    List.copyOf(set.getOrDefault(key, Map.of()).values()).forEach(this::fired);
  }

  /** All that are set, as the user's function will be told of them; from any thread. */
  Stream<WakeUp> wakeUps() {
    return set.values().stream()
        .flatMap(all -> all.values().stream())
        .filter(timer -> timer.kind() != Timer.Kind.EXPIRY)
        .map(Timer::told);
  }

  private void set(Timer timer, Task<O> of) {
    remove(timer.key(), timer.kind(), timer.name());
    space.put(timer.entry(), timer.value());
    keep(timer);
    if (timer.kind() != Timer.Kind.EVENT) {
      await(timer);
      tick();
    } else if (!lanes.addBefore(of, firing, timer)) {
      await(timer);
      due();
    }
  }

  private void remove(StateKey key, Timer.Kind kind, String name) {
    var all = set.get(key);
    var timer = all == null ? null : all.get(label(kind, name));
    if (timer == null) {
      return;
    }
    var left = new TreeMap<>(all);
    left.remove(label(kind, name));
    if (left.isEmpty()) {
      set.remove(key);
    } else {
      set.put(key, left);
    }
    space.remove(timer.entry());
    awaitNoMore(timer);
  }

  private void keep(Timer timer) {
    expiring |= timer.kind() == Timer.Kind.EXPIRY;
    var all = new TreeMap<>(set.getOrDefault(timer.key(), Map.of()));
    all.put(label(timer.kind(), timer.name()), timer);
    set.put(timer.key(), all);
  }

  private static String label(Timer.Kind kind, String name) {
    return kind + "/" + name;
  }

  private void await(Timer timer) {
    if (timer.kind() == Timer.Kind.EVENT) {
      byEvent.add(timer);
      byEventOfKey
          .computeIfAbsent(timer.key().partitionKey(), key -> new TreeSet<>(Timer.BY_DUE))
          .add(timer);
    } else {
      byWall.add(timer);
    }
  }

  private void awaitNoMore(Timer timer) {
    byWall.remove(timer);
    if (byEvent.remove(timer)) {
      var own = byEventOfKey.get(timer.key().partitionKey());
      if (own != null && own.remove(timer) && own.isEmpty()) {
        byEventOfKey.remove(timer.key().partitionKey());
      }
    }
  }

  /** Puts all into their lanes that are due by the shard's event time. */
  private void due() {
    // Records that were let in before the commit come again, and some belong before timers.
    if (draining || clock.isWaiting()) {
      return;
    }
    if (!restored) {
      restored = true;
      // After a merge some keys are ahead of the shard.
      for (var timer : List.copyOf(byEvent)) {
        if (!timer.due().isAfter(clock.forKey(clock.watermark(), timer.key().partitionKey()))) {
          fire(timer);
        }
      }
    }
    while (!byEvent.isEmpty() && !byEvent.first().due().isAfter(clock.watermark())) {
      fire(byEvent.first());
    }
  }

  /** Puts all into their lanes that are due by the worker's clock. */
  private void tick() {
    var now = scope.loop().now();
    while (!draining && !byWall.isEmpty() && !byWall.first().due().isAfter(now)) {
      fire(byWall.first());
    }
    if (draining || byWall.isEmpty()) {
      return;
    }
    var next = byWall.first().due();
    if (look != null && lookAt != null && !next.isBefore(lookAt)) {
      return;
    }
    if (look != null) {
      look.cancel();
    }
    var wait = Duration.between(now, next);
    lookAt = next;
    look =
        scope
            .loop()
            .schedule(
                wait.compareTo(LOOK_MAX) > 0 ? LOOK_MAX : wait,
                () ->
                    scope.runUnlessOver(
                        () -> {
                          look = null;
                          tick();
                          lanes.start();
                        }));
  }

  private void fire(Timer timer) {
    awaitNoMore(timer);
    lanes.add(firing.apply(timer));
  }
}
