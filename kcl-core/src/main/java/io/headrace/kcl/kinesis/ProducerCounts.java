package io.headrace.kcl.kinesis;

import java.time.Duration;

/** Counts for {@link ProducerFigures}. One owner thread. */
final class ProducerCounts {
  long put;
  long failed;
  long streamRecords;
  long calls;
  long failedCalls;
  long throttled;
  long misrouted;
  long shardLists;

  private long stored;
  private long storedBytes;
  private long retries;
  private long sent;
  private long queuedNanos;
  private long queuedNanosMax;

  void sent(ShardQueues.Parcel parcel, long ticks) {
    for (PendingRecord record : parcel.records()) {
      if (record.sent) {
        retries++;
      } else {
        record.sent = true;
        long queued = ticks - record.putTicks;
        sent++;
        queuedNanos += queued;
        queuedNanosMax = Math.max(queuedNanosMax, queued);
      }
    }
  }

  void stored(PendingRecord record) {
    stored++;
    storedBytes += record.bytes;
  }

  ProducerFigures figures(long queued, int callsUnderWay) {
    return new ProducerFigures(
        put,
        stored,
        failed,
        storedBytes,
        streamRecords,
        calls,
        failedCalls,
        throttled,
        retries,
        misrouted,
        shardLists,
        queued,
        callsUnderWay,
        Duration.ofNanos(sent == 0 ? 0 : queuedNanos / sent),
        Duration.ofNanos(queuedNanosMax));
  }
}
