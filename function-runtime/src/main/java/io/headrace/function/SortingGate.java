package io.headrace.function;

import io.headrace.kcl.Position;
import io.headrace.kcl.ShardHandler;
import io.headrace.kcl.StreamRecord;
import io.headrace.kcl.loop.EventLoop;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Stands before a keyed function's second stage and hands records over in the order of their event
 * time, as {@link FunctionSpec.Reading#sortedWithin} says: each waits until nothing that arrived
 * within the time of waiting behind it can lie before it. Whatever waits is unsettled, so it is
 * handed over again after a crash, and nothing of it is stored. Owned by the worker loop.
 *
 * <p>While the shard is caught up with, time passes by the clock; where a backlog is read, by the
 * times at which records arrived, so that they are sorted as they would have been then.
 */
final class SortingGate extends Gate {
  private record Held(StreamRecord record, Instant time, long sinceTicks)
      implements Comparable<Held> {
    private static final Comparator<Held> ORDER =
        Comparator.comparing(Held::time).thenComparing(held -> held.record().position());

    @Override
    public int compareTo(Held other) {
      return ORDER.compare(this, other);
    }
  }

  private final Scope scope;
  private final Duration wait;
  private final TreeSet<Held> held = new TreeSet<>();
  private Instant latestArrival = Instant.MIN;
  private EventLoop.@Nullable Scheduled timer;
  private boolean draining;

  SortingGate(Scope scope, Duration wait, ShardHandler behind) {
    super(behind);
    this.scope = scope;
    this.wait = wait;
  }

  @Override
  public void handle(List<StreamRecord> records) {
    long now = scope.loop().ticks();
    var unsorted = new ArrayList<StreamRecord>();
    for (var record : records) {
      if (record.arrivedAt().isAfter(latestArrival)) {
        latestArrival = record.arrivedAt();
      }
      if (record.payload() instanceof CarriedPayload carried) {
        held.add(new Held(record, carried.carried().time(), now));
      } else {
        unsorted.add(record);
      }
    }
    if (!unsorted.isEmpty()) {
      behind.handle(unsorted);
    }
    release();
  }

  @Override
  public void atTip() {
    if (held.isEmpty()) {
      super.atTip();
    }
  }

  /** There is no room for more: the earlier half goes on, so that the others are sorted still. */
  @Override
  public void hurry() {
    var earlier = new ArrayList<StreamRecord>();
    for (int left = (held.size() + 1) / 2; left > 0; left--) {
      var first = held.pollFirst();
      if (first != null) {
        earlier.add(first.record());
      }
    }
    if (!earlier.isEmpty()) {
      behind.handle(earlier);
    }
    super.hurry();
  }

  @Override
  public void drain() {
    draining = true;
    cancelTimer();
    var left = new ArrayList<Position>();
    held.forEach(each -> left.add(each.record().position()));
    held.clear();
    scope.giveBack(left);
    super.drain();
  }

  @Override
  public void abandon() {
    cancelTimer();
    super.abandon();
  }

  /** What waits here goes on by itself. */
  @Override
  public Standing standing(Duration patience) {
    var its = super.standing(patience);
    return its == Standing.SILENT && !held.isEmpty() ? Standing.RETRYING : its;
  }

  /** Hands over all that lie before something whose time of waiting is over, and that. */
  private void release() {
    if (draining) {
      return;
    }
    long now = scope.loop().ticks();
    Held last = null;
    long nextTicks = Long.MAX_VALUE;
    for (var each : held) {
      long left = wait.toNanos() - (now - each.sinceTicks());
      boolean over = left <= 0 || !each.record().arrivedAt().plus(wait).isAfter(latestArrival);
      if (over) {
        last = each;
      } else {
        nextTicks = Math.min(nextTicks, left);
      }
    }
    if (last != null) {
      var due = held.headSet(last, true);
      var records = due.stream().map(Held::record).toList();
      due.clear();
      behind.handle(records);
    }
    cancelTimer();
    if (!held.isEmpty()) {
      timer = scope.loop().schedule(Duration.ofNanos(nextTicks), this::due);
    }
  }

  private void due() {
    timer = null;
    scope.runUnlessOver(this::release);
  }

  private void cancelTimer() {
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
  }
}
