package io.headrace.kcl;

import java.time.Duration;
import java.util.List;

/** What a {@link ShardReader} wants done. */
sealed interface ReaderAction {
  /** Open a cursor, in place of the one that there may be. */
  record Open(StartingPosition from) implements ReaderAction {}

  record Fetch(long attempt, long bytes) implements ReaderAction {}

  /** Ask for demand, now and whenever there may be some. */
  record SeekDemand() implements ReaderAction {}

  /** The fetch is over: what was granted and not used is free again. */
  record Settle(long bytes) implements ReaderAction {}

  record HandOut(List<StreamRecord> records, long bytes) implements ReaderAction {}

  record TellGap(Fetched.Gap gap) implements ReaderAction {}

  record TellEnd(List<Shard> children) implements ReaderAction {}

  record RetryIn(long attempt, Duration delay, Throwable cause) implements ReaderAction {}

  record TellFailure(Throwable cause) implements ReaderAction {}

  record CloseCursor() implements ReaderAction {}
}
