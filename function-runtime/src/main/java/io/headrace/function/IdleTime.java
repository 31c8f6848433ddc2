package io.headrace.function;

import io.headrace.kcl.StreamRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Moves the event time of one shard on while it is silent. Owned by the worker loop.
 *
 * <p>How far it moves is a matter of the clock, so no run would find it again: it is stored first,
 * and counts once that is confirmed. A record that comes before it was taken into a commit shows
 * that the shard is not silent, and nothing moves; one that comes while the commit is under way
 * waits for it, since whether it is late depends on it.
 */
final class IdleTime {
  private final Scope scope;
  private final @Nullable Duration after;
  private final WindowClock clock;
  private final List<StreamRecord> held = new ArrayList<>();

  /** Since when nothing has come, and since when event time has stood still. */
  private @Nullable Long quietSince;

  private long movedAt;

  /** Where event time is to move, in no commit yet. */
  private @Nullable Instant next;

  private long nextAt;

  /** Where it moves, in a commit that is not confirmed. */
  private @Nullable Instant stored;

  /**
   * @param after {@link Input#idleAfter}; null for never
   */
  IdleTime(Scope scope, @Nullable Duration after, WindowClock clock) {
    this.scope = scope;
    this.after = after;
    this.clock = clock;
  }

  /**
   * Records came.
   *
   * @param let lets them in, unless they wait
   */
  void arrived(List<StreamRecord> records, Consumer<List<StreamRecord>> let) {
    quietSince = null;
    next = null;
    if (stored == null) {
      let.accept(records);
    } else {
      if (held.isEmpty()) {
        scope.waits(); // For the store, which may be down for long: no fault of the function.
      }
      held.addAll(records);
    }
  }

  /**
   * All that the shard has was let in.
   *
   * @param isOwed whether anything waits for event time to come so far
   */
  void atTip(Predicate<Instant> isOwed) {
    var from = clock.goesOnFrom();
    if (after == null || stored != null || clock.isWaiting() || from == null) {
      return;
    }
    long now = scope.loop().ticks();
    if (quietSince == null) {
      quietSince = now;
      movedAt = now;
    }
    if (now - quietSince < after.toNanos()) {
      return;
    }
    var time = from.plusNanos(now - movedAt);
    if (isOwed.test(time)) {
      boolean isNews = next == null;
      next = time;
      nextAt = now;
      if (isNews) {
        scope.context.outcomes().stateChanged();
      }
    }
  }

  /** Whether a commit is to move event time. */
  boolean isNews() {
    return next != null;
  }

  /** Event time as a commit that begins now is to have it. */
  WindowClock.Reading reading() {
    if (next != null) {
      stored = next;
      movedAt = nextAt;
      next = null;
    }
    return stored == null ? clock.reading() : clock.readingAt(stored);
  }

  /** A commit is confirmed; answers whether event time has moved with it. */
  boolean committed() {
    var time = stored;
    stored = null;
    return time != null && clock.advance(time);
  }

  /** The records that waited for the commit. */
  List<StreamRecord> takeHeld() {
    var all = List.copyOf(held);
    if (!all.isEmpty()) {
      held.clear();
      scope.waitsNoMore();
    }
    return all;
  }
}
