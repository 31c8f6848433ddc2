package io.headrace.kcl.kinesis;

import io.headrace.kcl.Shard;
import io.headrace.kcl.StreamException;
import io.headrace.kcl.StreamSink.Stored;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a {@link ProducerMachine} is told. */
sealed interface ProducerEvent {
  /** Records in the order in which they were put. */
  record Put(List<PendingRecord> records) implements ProducerEvent {}

  /** A call was answered, with one result for each of its records of the stream. */
  record Answered(long call, List<Result> results) implements ProducerEvent {}

  /**
   * One result.
   *
   * @param stored where it lies, or null
   * @param refused why it does not, or null
   * @param mayBeStored it was refused and may lie there all the same
   */
  record Result(@Nullable Stored stored, @Nullable StreamException refused, boolean mayBeStored) {}

  /**
   * A call failed as a whole.
   *
   * @param mayBeStored it may have been carried out all the same
   */
  record CallFailed(long call, StreamException why, boolean mayBeStored) implements ProducerEvent {}

  record Listed(List<Shard> shards) implements ProducerEvent {}

  record ListFailed() implements ProducerEvent {}

  /** Everything put so far is to be sent without lingering. */
  record Flush() implements ProducerEvent {}

  /** Nothing more is put; what is not settled at that moment fails. */
  record Close(long deadlineTicks) implements ProducerEvent {}
}
