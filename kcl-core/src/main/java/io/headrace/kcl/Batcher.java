package io.headrace.kcl;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The records of one function that are read and not handed over: divides them into batches. A batch
 * is handed over when it is full, when its first record has waited long enough, or when no more
 * will come, be it for good or for now. Pure.
 */
final class Batcher {
  static final long NEVER = Long.MAX_VALUE;

  private final int batchMax;
  private final long waitNanos;
  private final ArrayDeque<HeldRecord> waiting = new ArrayDeque<>();

  /** When they came, those that came together as one. */
  private final ArrayDeque<Arrival> arrivals = new ArrayDeque<>();

  private boolean flushing;
  private boolean hurrying;

  Batcher(BatchLimits limits, int inFlightMax) {
    batchMax = Math.min(limits.recordsMax(), inFlightMax);
    waitNanos = limits.waitMax().toNanos();
  }

  int size() {
    return waiting.size();
  }

  /** The record that comes first; null when there is none. */
  @Nullable HeldRecord first() {
    return waiting.peek();
  }

  /** Whether another batch is not complete yet: more records are welcome. */
  boolean hungry() {
    return waiting.size() < batchMax;
  }

  void add(HeldRecord record, long ticks) {
    waiting.add(record);
    var latest = arrivals.peekLast();
    if (latest == null || latest.ticks != ticks) {
      latest = new Arrival(ticks);
      arrivals.add(latest);
    }
    latest.records++;
    hurrying = false;
  }

  /** No more will come: whatever is here is a batch. */
  void flush() {
    flushing = true;
  }

  /** No more will come until some of these are settled: whatever is here is a batch. */
  void hurry() {
    hurrying = true;
  }

  /** When there will be a batch if no record comes: past or now when there is one already. */
  long dueAt(long ticks) {
    var first = arrivals.peek();
    if (first == null) {
      return NEVER;
    }
    return flushing || hurrying || waiting.size() >= batchMax ? ticks : first.ticks + waitNanos;
  }

  /**
   * The next batch.
   *
   * @param room how many records the handler can take
   * @return empty when it is not time yet
   */
  List<HeldRecord> next(long ticks, int room) {
    if (room <= 0 || waiting.isEmpty() || dueAt(ticks) - ticks > 0) {
      return List.of();
    }
    int size = Math.min(waiting.size(), Math.min(batchMax, room));
    var batch = new ArrayList<HeldRecord>(size);
    while (batch.size() < size) {
      batch.add(remove());
    }
    return batch;
  }

  /** Takes out all that wait. */
  List<HeldRecord> clear() {
    var all = List.copyOf(waiting);
    waiting.clear();
    arrivals.clear();
    return all;
  }

  private HeldRecord remove() {
    var earliest = arrivals.getFirst();
    earliest.records--;
    if (earliest.records == 0) {
      arrivals.remove();
    }
    return waiting.remove();
  }

  private static final class Arrival {
    private final long ticks;
    private int records;

    private Arrival(long ticks) {
      this.ticks = ticks;
    }
  }
}
