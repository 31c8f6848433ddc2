package io.headrace.kcl;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * How far one function is in one shard. Belongs to one {@code HandlerRun}: every method is called
 * on the worker loop, stages complete on any thread. At most one of {@link #seal}, {@link #commit}
 * and {@link #end} is under way.
 *
 * <p>Stages fail with {@link CheckpointException} when the store can't be reached; the caller may
 * try again. A write whose answer was lost is settled inside, before the next one.
 */
public interface Checkpointer {
  /** Fences out the former owner and answers where this one goes on. Repeatable. */
  CompletionStage<Resumption> seal();

  /**
   * A record is about to be handed to the function; called in the shard's order.
   *
   * @return false when the record was finished before, so that it is not handed over
   */
  boolean begin(Position position);

  /** The record is handled, filtered or durable as a dead letter. In any order. */
  void settled(Position position);

  /** State changed without a record, as by a timer: a commit is wanted. */
  void stateChanged();

  /** Whether the policy asks for a commit at this tick of the monotonic clock. */
  boolean due(long ticks);

  /** Whether a commit as of now could be stored, be it wanted or not. */
  default boolean isStorable() {
    return true;
  }

  /** Whether there is anything to commit at all. */
  boolean dirty();

  /** Progress as of now, to be stored with the state as of now. */
  Progress capture();

  /** Stores progress and parts in one conditional write. */
  CompletionStage<CommitOutcome> commit(Progress progress, CommitParts parts);

  /** As {@link #commit}, before the shard is given up: it stands still until this is stored. */
  default CompletionStage<CommitOutcome> commitLast(Progress progress, CommitParts parts) {
    return commit(progress, parts);
  }

  /**
   * Ends the shard for this function: in one transaction the parent is ended, and each child gets
   * the parts. Everything begun must be settled.
   */
  CompletionStage<CommitOutcome> end(CommitParts parts, List<Shard> children);

  /** Makes a checkpointer for each shard that is gained; called on the worker loop. */
  @FunctionalInterface
  interface Factory {
    /**
     * Opens one for one run.
     *
     * @param shard its parents are those that the function must have ended first: those whose
     *     leases have not ended when this shard is gained. A parent that the stream has forgotten,
     *     or whose lease ended before the function was added, is left out by whoever hands out the
     *     lease; otherwise the function waits for it for ever. What a parent left behind is found
     *     whether it is named or not.
     */
    Checkpointer open(ShardKey key, Shard shard, LeaseToken token);

    /**
     * Gets ready to open the first one: asks what does not depend on a shard. Writes nothing of any
     * shard; a failure means only that the first seal may take longer.
     */
    default CompletionStage<Void> prepare() {
      return CompletableFuture.completedStage(null);
    }
  }
}
