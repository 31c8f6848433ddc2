package io.headrace.kcl.kinesis;

import io.headrace.kcl.StreamSink.Entry;
import io.headrace.kcl.StreamSink.Stored;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * One record on its way. Made by the caller's thread, from then on owned by {@link
 * ProducerMachine}; whoever waits for it is told on the loop, once.
 */
final class PendingRecord {
  /** Told what became of a record. */
  @FunctionalInterface
  interface Receipt {
    /** Either {@link #stored} or {@link #failure} is set. */
    void settled(PendingRecord record);
  }

  /** Records that were put together: when one fails, all do. */
  static final class Group {
    final PendingRecord[] members;
    boolean failed;

    Group(int size) {
      members = new PendingRecord[size];
    }
  }

  /** The records of one key that are not stored, in their order; the first are under way. */
  static final class Lane {
    final String key;
    @Nullable PendingRecord head;
    @Nullable PendingRecord tail;
    int underWay;

    Lane(String key) {
      this.key = key;
    }

    void add(PendingRecord record) {
      if (tail == null) {
        head = record;
      } else {
        tail.nextInLane = record;
      }
      tail = record;
    }

    void removeHead(PendingRecord record) {
      if (head != record) {
        throw new AssertionError("a record left its lane that was not the first");
      }
      head = record.nextInLane;
      tail = head == null ? null : tail;
      // A dead record of the old generation would keep the whole lane behind it from the collector.
      record.nextInLane = null;
    }

    /**
     * Nothing that has failed stays, but what is under way. A record behind a failed one that has
     * not failed itself was put after the failure was told, and stays too.
     */
    void dropFailed() {
      PendingRecord kept = null;
      int place = 0;
      for (var at = head; at != null; at = at.nextInLane) {
        if (place < underWay || !at.settled) {
          if (kept == null) {
            head = at;
          } else {
            kept.nextInLane = at;
          }
          kept = at;
        }
        place++;
      }
      tail = kept;
      if (kept == null) {
        head = null;
      } else {
        kept.nextInLane = null;
      }
    }
  }

  final Entry entry;
  final Receipt receipt;
  final @Nullable Group group;
  final long putTicks;

  /** As the stream counts it: payload and key. */
  final int bytes;

  /** At most so much in an aggregate. */
  final int packedBytesMax;

  /** The MD5 of the key, once it was needed. */
  boolean hashed;

  long hashHigh;
  long hashLow;

  long number;
  @Nullable Lane lane;
  @Nullable PendingRecord nextInLane;
  @Nullable PendingRecord older;
  @Nullable PendingRecord younger;

  boolean sent;
  boolean underWay;
  boolean queued;

  /** Travels in a record and a call of its own: something about its company was refused. */
  boolean alone;

  boolean mayBeStored;
  boolean settled;
  @Nullable RetryPace retry;
  long failingSince;
  @Nullable Stored stored;
  @Nullable PutException failure;

  PendingRecord(Entry entry, Receipt receipt, @Nullable Group group, long putTicks) {
    this.entry = entry;
    this.receipt = receipt;
    this.group = group;
    this.putTicks = putTicks;
    int keyBytes = utf8Bytes(entry.partitionKey());
    this.bytes = entry.data().length + keyBytes;
    this.packedBytesMax =
        AggregateWriter.addedBytesMax(keyBytes, entry.data().length, entry.headers());
  }

  /** Whether it has come to its producer's machine. */
  boolean isNumbered() {
    return number > 0;
  }

  /** What it holds of the producer's bound. */
  int heldBytes() {
    return packedBytesMax;
  }

  /** Nanoseconds to wait before it is sent again. */
  long failed(long ticks, double jitter) {
    if (retry == null) {
      retry = new RetryPace();
      failingSince = ticks;
    }
    retry.failed(ticks, jitter);
    return retry.waitNanos(ticks);
  }

  private static int utf8Bytes(String key) {
    for (int i = 0; i < key.length(); i++) {
      if (key.charAt(i) > 0x7F) {
        return key.getBytes(StandardCharsets.UTF_8).length;
      }
    }
    return key.length();
  }
}
