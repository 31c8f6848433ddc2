package io.headrace.function;

import io.headrace.kcl.Position;
import io.headrace.kcl.ShardHandler;
import io.headrace.kcl.ShardKey;
import java.time.Duration;
import java.util.Optional;

/**
 * What an operator may want to know of a function. Holds no payloads. Told on the worker loop.
 * Where a window is meant instead of a record, the position is 0.
 */
public sealed interface FunctionEvent {
  String function();

  ShardKey shard();

  /**
   * An attempt failed.
   *
   * @param error the class of the exception
   * @param code a {@link TerminalFailure}'s code, else a short constant
   */
  record RecordFailed(
      String function, ShardKey shard, Position position, int attempt, String error, String code)
      implements FunctionEvent {}

  /**
   * An attempt is out of time and was interrupted; its key waits until its thread is back, or is
   * {@link Stuck}.
   */
  record Overdue(String function, ShardKey shard, Position position, int attempt)
      implements FunctionEvent {}

  /**
   * The thread of an attempt that was interrupted has not come back and is given up: another takes
   * its place, and the key goes on under a higher fencing token. The position is 0 where the call
   * is of a batch.
   */
  record Stuck(String function, ShardKey shard, Position position, int attempt)
      implements FunctionEvent {}

  /** The record will be tried again; until then its key waits. */
  record RetryScheduled(
      String function, ShardKey shard, Position position, int attempt, Duration in)
      implements FunctionEvent {}

  /** The record lies durable in the dead-letter sink. */
  record DeadLettered(String function, ShardKey shard, Position position, int attempts, String code)
      implements FunctionEvent {}

  /**
   * The function waits in all shards of the worker, or a probe of it failed: its records wait, and
   * no attempt of them counts.
   *
   * @param dependency what is down, as {@link Unavailable} names it; empty when too many records
   *     failed ({@link RetryPolicy#pausingAbove})
   * @param error the class of the exception
   * @param probes how many records have probed in vain since the pause began
   * @param in when the next one does
   */
  record Outage(
      String function,
      ShardKey shard,
      Optional<String> dependency,
      String error,
      int probes,
      Duration in)
      implements FunctionEvent {}

  /**
   * A probe succeeded: the function is called again in all shards of the worker.
   *
   * @param after how long it was paused
   */
  record OutageOver(String function, ShardKey shard, Optional<String> dependency, Duration after)
      implements FunctionEvent {}

  /** A sink (destination or dead letters) can't be written now; its record waits. */
  record SinkUnavailable(String function, ShardKey shard, String sink, Throwable cause, Duration in)
      implements FunctionEvent {}

  /** A sink that could not be written takes what waited for it. */
  record SinkRecovered(String function, ShardKey shard, String sink) implements FunctionEvent {}

  /**
   * A dead letter was played again.
   *
   * @param shard the one that played it; its record may lie in an ancestor of it
   * @param order the number of the operator's order
   * @param outcome {@code DEAD_LETTERED} when it failed again
   */
  record Redriven(
      String function, ShardKey shard, Position position, long order, ShardHandler.Outcome outcome)
      implements FunctionEvent {}

  /**
   * An aggregate brought a record into a shard to which it does not belong.
   *
   * @param count how many of them there were in this shard since this worker runs it, with this one
   */
  record MisroutedFound(
      String function, ShardKey shard, Position position, Misrouted fate, long count)
      implements FunctionEvent {}

  /**
   * A record was dropped as one that was seen before: its producer put it twice ({@link
   * Input#deduplicatedBy}), or it was carried to its key's shard twice, as after a crash ({@link
   * Keys#across}).
   *
   * @param count how many of them there were in this shard since this worker runs it, with this one
   */
  record DuplicateDropped(String function, ShardKey shard, Position position, long count)
      implements FunctionEvent {}

  /**
   * A record of a function with state was put into a shard to which its partition key does not
   * belong; it goes to the dead letters under the code {@code ForeignKey}.
   *
   * @param count how many of them there were in this shard since this worker runs it, with this one
   */
  record ForeignKeyFound(String function, ShardKey shard, Position position, long count)
      implements FunctionEvent {}

  /**
   * A filter can't judge a record, whose payload it can't read.
   *
   * @param count how many of them there were in this shard since this worker runs it, with this one
   */
  record UnparsableFound(
      String function, ShardKey shard, Position position, Unparsable fate, long count)
      implements FunctionEvent {}

  /**
   * A record carries a trace context that is not in W3C's format: it is ignored.
   *
   * @param count how many of them there were in this shard since this worker runs it, with this one
   */
  record TraceMalformed(String function, ShardKey shard, Position position, long count)
      implements FunctionEvent {}

  /**
   * A key has kept failing and is parked: its records lie in the store of the application's state,
   * and nothing but the key waits for them any more.
   *
   * @param first the record that fails
   * @param load what is parked in the shard, with this
   */
  record KeyParked(String function, ShardKey shard, Position first, KeyParking.Load load)
      implements FunctionEvent {}

  /**
   * The function begins in a shard.
   *
   * @param load what former runs have parked there
   */
  record ParkedFound(String function, ShardKey shard, KeyParking.Load load)
      implements FunctionEvent {}

  /** More records of a parked key are stored behind the others. */
  record RecordsParked(
      String function, ShardKey shard, Position first, int records, KeyParking.Load load)
      implements FunctionEvent {}

  /**
   * A parked record is finished. The engine has settled it as {@code PARKED}; this is what became
   * of it.
   *
   * @param id of the record, which may lie in an ancestor of the shard
   */
  record ParkedSettled(
      String function,
      ShardKey shard,
      String id,
      Position position,
      ShardHandler.Outcome outcome,
      KeyParking.Load load)
      implements FunctionEvent {}

  /** All parked records of a key are finished: it goes on as any other. */
  record KeyResumed(String function, ShardKey shard, KeyParking.Load load)
      implements FunctionEvent {}

  /** No more may be parked in the shard: what can't be waits in memory, and the position waits. */
  record ParkingFull(String function, ShardKey shard, KeyParking.Load load)
      implements FunctionEvent {}

  /**
   * A version of a broadcast was read by this worker: told again after a restart.
   *
   * @param shard of the broadcast's stream
   */
  record VersionRead(String function, ShardKey shard, Position position) implements FunctionEvent {}

  /**
   * A record of a broadcast's stream is no version, and the former one stays in force.
   *
   * @param shard of the broadcast's stream
   * @param code a short constant: {@code Undecodable}, {@code NoEventTime}, {@code TooManyVersions}
   * @param count how many this worker has refused of the broadcast, with this one
   */
  record VersionRefused(String function, ShardKey shard, Position position, String code, long count)
      implements FunctionEvent {}

  /**
   * A broadcast's stream may have forgotten versions that no worker had read: what it has now is
   * behind the last one that is kept, which it has no more. So it is also told when the next
   * version comes long after a worker that began meanwhile.
   *
   * @param shard of the broadcast's stream
   * @param resumesAt the first record that is left; empty when there is none yet
   */
  record VersionsMissing(
      String function, ShardKey shard, Position after, Optional<Position> resumesAt)
      implements FunctionEvent {}

  /** A record was passed over, as an operator ordered. */
  record Skipped(String function, ShardKey shard, Position position, long order)
      implements FunctionEvent {}

  /** A record came after its window was closed, and has no side to go to. */
  record LateDropped(String function, ShardKey shard, Position position) implements FunctionEvent {}

  /** A window was closed and its outputs are sent. */
  record WindowClosed(String function, ShardKey shard, Window window) implements FunctionEvent {}
}
