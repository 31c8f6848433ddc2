package io.headrace.kcl.kinesis;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The records that are not settled, by when they were put. Pure; one owner thread. */
final class RecordAges {
  private @Nullable PendingRecord oldest;
  private @Nullable PendingRecord youngest;
  private long lastNumber;
  private long size;

  /** Numbers it as well, from 1. */
  void add(PendingRecord record) {
    record.number = ++lastNumber;
    record.older = youngest;
    if (youngest == null) {
      oldest = record;
    } else {
      youngest.younger = record;
    }
    youngest = record;
    size++;
  }

  void remove(PendingRecord record) {
    PendingRecord older = record.older;
    PendingRecord younger = record.younger;
    if (older == null) {
      oldest = younger;
    } else {
      older.younger = younger;
    }
    if (younger == null) {
      youngest = older;
    } else {
      younger.older = older;
    }
    record.older = null;
    record.younger = null;
    size--;
  }

  boolean isEmpty() {
    return oldest == null;
  }

  long size() {
    return size;
  }

  /** The number of the oldest; beyond all numbers when there is none. */
  long oldest() {
    return oldest == null ? Long.MAX_VALUE : oldest.number;
  }

  /** The number that was given last. */
  long latest() {
    return lastNumber;
  }

  List<PendingRecord> all() {
    var all = new ArrayList<PendingRecord>();
    for (var at = oldest; at != null; at = at.younger) {
      all.add(at);
    }
    return all;
  }

  /** Those that are so old and not under way. */
  List<PendingRecord> waitingLonger(long ticks, long age) {
    var waiting = new ArrayList<PendingRecord>(0);
    for (var at = oldest; at != null && ticks - at.putTicks >= age; at = at.younger) {
      if (!at.underWay) {
        waiting.add(at);
      }
    }
    return waiting;
  }

  /** When the next record gets so old, leaving out those that are and are still under way. */
  long nextExpiry(long ticks, long age) {
    for (var at = oldest; at != null; at = at.younger) {
      if (ticks - at.putTicks < age || !at.underWay) {
        return at.putTicks + age;
      }
    }
    return ShardQueues.NEVER;
  }
}
