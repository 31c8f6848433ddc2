package io.headrace.checkpoint;

import io.headrace.kcl.Position;
import io.headrace.kcl.PositionWindow;
import io.headrace.kcl.Progress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Which records of one shard are finished, for one function. Records are begun in the shard's order
 * and settled in any; what is finished is always one prefix and the runs above it. A physical
 * record is no more than its sub-records: positions are pairs.
 *
 * <p>Kept as a list in the order of the shard, whose links are either a record that is not settled,
 * or a run of finished ones; neighbouring runs are one. So beginning and settling a record take
 * constant time, and memory follows the number of unsettled records, however many were settled
 * behind the slowest. Used by one thread; pure.
 */
final class ProgressTracker {
  /** More unsettled records than this in one shard are a fault of the caller, who bounds them. */
  static final int UNSETTLED_MAX = 1_000_000;

  private final int unsettledMax;
  private final PositionWindow<Link> unsettled = new PositionWindow<>();
  private final ArrayDeque<Progress.Range> ahead = new ArrayDeque<>();

  /** Never a finished run: that belongs to the prefix. */
  private @Nullable Link head;

  private @Nullable Link tail;
  private @Nullable Position through;
  private @Nullable Position begunLast;
  private int runs;

  ProgressTracker(Progress restored) {
    this(restored, UNSETTLED_MAX);
  }

  ProgressTracker(Progress restored, int unsettledMax) {
    this.unsettledMax = unsettledMax;
    through = restored.through().orElse(null);
    ahead.addAll(restored.ranges());
  }

  /**
   * A record comes up, in the shard's order.
   *
   * @return false when it was finished before
   */
  boolean begin(Position position) {
    if (through != null && position.compareTo(through) <= 0) {
      return false;
    }
    if (begunLast != null && position.compareTo(begunLast) <= 0) {
      throw new IllegalStateException(
          "record " + position + " begun after " + begunLast + ": records come in order, once");
    }
    reach(position);
    if (isFinished(position)) {
      begunLast = position;
      return false;
    }
    if (unsettled.size() >= unsettledMax) {
      throw new IllegalStateException(
          "record " + position + ": " + unsettled.size() + " records are begun and not settled");
    }
    begunLast = position;
    var link = new Link(position, position, false);
    append(link);
    unsettled.add(position, link);
    return true;
  }

  /** A begun record is finished. */
  void settled(Position position) {
    var link = unsettled.remove(position);
    if (link == null) {
      throw new IllegalStateException(
          "record " + position + " settled, but it is not under way: each is settled once");
    }
    link.finished = true;
    runs++;
    joinNeighbours(link);
    takePrefix();
  }

  /** How many records are begun and not settled. */
  int unsettled() {
    return unsettled.size();
  }

  /** How many ranges {@link #capture} would hold. */
  int ranges() {
    return runs + ahead.size();
  }

  /** What is finished as of now. Never passes a record that is not settled: asserted each time. */
  Progress capture() {
    var ranges = new ArrayList<Progress.Range>(ranges());
    var before = through;
    for (var link = head; link != null; link = link.next) {
      if (before != null && link.first.compareTo(before) <= 0) {
        throw new IllegalStateException(
            "progress through "
                + before
                + " passes "
                + link.first
                + (link.finished ? ", finished" : ", which is not settled"));
      }
      if (link.finished) {
        ranges.add(new Progress.Range(link.first, link.last));
      }
      before = link.last;
    }
    ranges.addAll(ahead);
    return new Progress(Optional.ofNullable(through), ranges);
  }

  private boolean isFinished(Position position) {
    return (through != null && position.compareTo(through) <= 0)
        || (tail != null && tail.finished && position.compareTo(tail.last) <= 0);
  }

  /** Restored ranges become runs of the list once a record at or behind their first comes up. */
  private void reach(Position position) {
    var range = ahead.peekFirst();
    while (range != null && range.first().compareTo(position) <= 0) {
      ahead.removeFirst();
      var link = new Link(range.first(), range.last(), true);
      append(link);
      runs++;
      joinNeighbours(link);
      range = ahead.peekFirst();
    }
    takePrefix();
  }

  private void append(Link link) {
    link.previous = tail;
    if (tail == null) {
      head = link;
    } else {
      tail.next = link;
    }
    tail = link;
  }

  private void joinNeighbours(Link link) {
    var previous = link.previous;
    if (previous != null && previous.finished) {
      link.first = previous.first;
      remove(previous);
      runs--;
    }
    var next = link.next;
    if (next != null && next.finished) {
      link.last = next.last;
      remove(next);
      runs--;
    }
  }

  private void takePrefix() {
    if (head != null && head.finished) {
      through = head.last;
      remove(head);
      runs--;
    }
  }

  private void remove(Link link) {
    if (link.previous == null) {
      head = link.next;
    } else {
      link.previous.next = link.next;
    }
    if (link.next == null) {
      tail = link.previous;
    } else {
      link.next.previous = link.previous;
    }
    // A dead link of the old generation would keep all that came after it from the collector.
    link.previous = null;
    link.next = null;
  }

  /** One unsettled record, or a run of finished ones. */
  private static final class Link {
    private Position first;
    private Position last;
    private boolean finished;
    private @Nullable Link previous;
    private @Nullable Link next;

    private Link(Position first, Position last, boolean finished) {
      this.first = first;
      this.last = last;
      this.finished = finished;
    }
  }
}
