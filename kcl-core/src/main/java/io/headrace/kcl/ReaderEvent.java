package io.headrace.kcl;

import java.util.List;

/** What happens to a {@link ShardReader}. */
sealed interface ReaderEvent {
  record Begun() implements ReaderEvent {}

  /** There is demand, and so many bytes for it. */
  record Granted(long bytes) implements ReaderEvent {}

  record Stopped() implements ReaderEvent {}

  /** An answer to something asked before: old when another try has begun since. */
  sealed interface Answer extends ReaderEvent {
    long attempt();
  }

  record Read(long attempt, List<StreamRecord> records) implements Answer {}

  record GapRead(long attempt, Fetched.Gap gap) implements Answer {}

  record EndRead(long attempt, List<Shard> children) implements Answer {}

  record FetchFailed(long attempt, StreamException cause) implements Answer {}

  /** The fetch failed with what a stream never fails with: a fault. */
  record FetchBroke(long attempt, Throwable cause) implements Answer {}

  /** The fetch has not answered for far too long. */
  record Overdue(long attempt) implements Answer {}

  record RetryDue(long attempt) implements Answer {}
}
