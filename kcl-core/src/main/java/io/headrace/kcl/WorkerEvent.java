package io.headrace.kcl;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What an operator may want to know of a worker. Told on the worker loop; listeners return at once.
 */
public sealed interface WorkerEvent {
  /** A lease began. */
  record ShardStarted(ShardKey shard, LeaseToken token) implements WorkerEvent {}

  /** A lease ended here, and why. */
  record ShardStopped(ShardKey shard, String reason) implements WorkerEvent {}

  /** Records were read, or none and {@code behind} has changed. */
  record Fetched(ShardKey shard, int records, long bytes, Duration behind) implements WorkerEvent {}

  /**
   * Records of a shard come in another way than before; told at the first too.
   *
   * @param how one sentence, the same for every shard of a stream with the same reason
   */
  record Retrieving(ShardKey shard, String how) implements WorkerEvent {}

  /** The stream had trimmed what was to be read. */
  record GapFound(ShardKey shard, Position after, @Nullable Position resumesAt)
      implements WorkerEvent {}

  /**
   * The stream does not know the shard any more: all its records have expired. It counts as read to
   * its end; if that was not so, what is missing is lost.
   *
   * @param readThrough the last record that was read here, if any was
   */
  record ShardForgotten(ShardKey shard, Optional<Position> readThrough) implements WorkerEvent {}

  /** A function took records that were read: from now on they are under way for it. */
  record Taken(ShardKey shard, String function, int records) implements WorkerEvent {}

  /** Of what a function took, what it had finished before: it came again and is passed over. */
  record FoundDone(ShardKey shard, String function, int records) implements WorkerEvent {}

  /**
   * Of what a function took, what it will not finish in this run: it is read again, by this run or
   * by the shard's next owner.
   */
  record GivenBack(ShardKey shard, String function, int records) implements WorkerEvent {}

  /** A function finished a record. */
  record Settled(ShardKey shard, String function, Position position, ShardHandler.Outcome outcome)
      implements WorkerEvent {}

  /** A commit is stored. */
  record Committed(ShardKey shard, String function, Progress progress) implements WorkerEvent {}

  /** A function ended a shard, and its children may run. */
  record ShardEnded(ShardKey shard, String function, List<Shard> children) implements WorkerEvent {}

  /** A function has its progress and state back and is ready for records. */
  record FunctionResumed(ShardKey shard, String function) implements WorkerEvent {}

  /** A function does not run in a shard that this worker has, because the operator holds it. */
  record FunctionHeld(ShardKey shard, String function) implements WorkerEvent {}

  /**
   * A function has kept the others of a shard waiting for too long: from now on it reads behind
   * them, so that it holds up nobody, until it has {@linkplain CaughtUp caught up} or its run ends.
   */
  record LeftBehind(ShardKey shard, String function) implements WorkerEvent {}

  /** A function that was {@linkplain LeftBehind left behind} reads with the others again. */
  record CaughtUp(ShardKey shard, String function) implements WorkerEvent {}

  /** The operator has given orders, up to this number: {@link Worker#direct} is to be told. */
  record OrdersGiven(long number) implements WorkerEvent {}

  /**
   * Something failed and will be tried again.
   *
   * @param function whose seal, state or commit it is; empty for reading, which functions share
   */
  record Retrying(
      ShardKey shard, Optional<String> function, String what, Throwable cause, Duration in)
      implements WorkerEvent {}

  /**
   * The worker holds nothing and will get nothing any more, without having been stopped: somebody
   * has to stop it, and start another one if it is to be replaced.
   */
  record Retired(String reason) implements WorkerEvent {}

  /**
   * A function has something to do in a shard and does nothing: told once while it goes on so, and
   * again when something is done about it.
   *
   * @param silent since its last sign of life
   * @param why what it is at, as far as is known
   */
  record Stalled(ShardKey shard, String function, Duration silent, String why, Remedy remedy)
      implements WorkerEvent {}

  /** What is done about a function without progress. */
  enum Remedy {
    /** It ends by itself: it is waited for. */
    WAITS,
    /** The shard begins anew here, under the next epoch. */
    RESTART,
    /** Restarts did not help: another worker is to have the shard. */
    GIVE_UP
  }

  /** What a function held for a shard can't be freed; the shard itself goes on elsewhere. */
  record CleanUpFailed(ShardKey shard, String function, Throwable cause) implements WorkerEvent {}

  /** A shard can't go on here and is given up. */
  record ShardFailed(ShardKey shard, String function, Throwable cause) implements WorkerEvent {}
}
