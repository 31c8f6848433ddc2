package io.headrace.kcl.kinesis;

import java.util.List;

/** What a {@link ProducerMachine} wants done. */
sealed interface ProducerAction {
  record Send(long call, List<ShardQueues.Parcel> parcels) implements ProducerAction {}

  record ListShards() implements ProducerAction {}

  /** Tell those who wait; each record carries its outcome. */
  record Settle(List<PendingRecord> records) implements ProducerAction {}

  /** So many of the flushes under way are done, the earliest first. */
  record Flushed(int flushes) implements ProducerAction {}

  /** Nothing is left and nothing will come. */
  record Closed() implements ProducerAction {}
}
