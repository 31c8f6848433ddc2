package io.headrace.function;

import io.headrace.kcl.StreamRecord;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Decodes a shard's records on the pool, many at once, and hands them on in the shard's order: for
 * handlers that must know the event time of a record before they let in the next. Owned by the
 * worker loop.
 */
final class InOrder<I> {
  private static final Duration UNREADABLE_WAIT = Duration.ofSeconds(1);

  private final Scope scope;
  private final Function<StreamRecord, Arrived<I>> decoding;
  private final Consumer<Arrived<I>> next;
  private final Runnable behind;
  private final ArrayDeque<StreamRecord> backlog = new ArrayDeque<>();
  private boolean busy;
  private boolean draining;

  /**
   * @param decoding on the pool; what it throws is a fault of ours
   * @param next takes the records one by one, on the worker loop
   * @param behind runs after some of them, on the worker loop
   */
  InOrder(
      Scope scope,
      Function<StreamRecord, Arrived<I>> decoding,
      Consumer<Arrived<I>> next,
      Runnable behind) {
    this.scope = scope;
    this.decoding = decoding;
    this.next = next;
    this.behind = behind;
  }

  void add(List<StreamRecord> records) {
    backlog.addAll(records);
    decode();
  }

  /** Whether all was handed on. */
  boolean isIdle() {
    return !busy && backlog.isEmpty();
  }

  /** Hands on nothing more: what has not been is the next owner's. */
  void drain() {
    draining = true;
    scope.giveBack(backlog.stream().map(StreamRecord::position).toList());
    backlog.clear();
  }

  private void decode() {
    if (busy || backlog.isEmpty()) {
      return;
    }
    busy = true;
    var batch = List.copyOf(backlog);
    backlog.clear();
    scope.onPool(
        scope.environment.pool(),
        () -> {
          var arrived = new ArrayList<Arrived<I>>(batch.size());
          for (var record : batch) {
            arrived.add(decoding.apply(record));
          }
          scope.post(() -> handOn(arrived));
        });
  }

  private void handOn(List<Arrived<I>> batch) {
    if (draining) {
      scope.giveBack(batch.stream().map(arrived -> arrived.record().position()).toList());
      return;
    }
    for (int i = 0; i < batch.size(); i++) {
      var arrived = batch.get(i);
      if (arrived instanceof Arrived.Faulty<I> faulty
          && faulty.fault() instanceof IOException unread) {
        putBack(batch.subList(i, batch.size()), unread);
        behind.run();
        return;
      }
      next.accept(arrived);
    }
    busy = false;
    behind.run();
    decode();
  }

  /** A payload that is fetched late could not be had: none that came behind it may go before. */
  private void putBack(List<Arrived<I>> rest, IOException unread) {
    for (int i = rest.size() - 1; i >= 0; i--) {
      backlog.addFirst(rest.get(i).record());
    }
    scope.tell(
        new FunctionEvent.RecordFailed(
            scope.function,
            scope.context.key(),
            rest.get(0).record().position(),
            1,
            unread.getClass().getName(),
            "Unread"));
    scope.later(
        UNREADABLE_WAIT,
        () -> {
          busy = false;
          decode();
        });
  }
}
