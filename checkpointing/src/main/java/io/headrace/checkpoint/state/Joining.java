package io.headrace.checkpoint.state;

/** What becomes of an entry that two parents hold. Called on the background pool. */
@FunctionalInterface
public interface Joining {
  /**
   * Joins two values.
   *
   * @throws io.headrace.kcl.CheckpointException when they can't be: the shard waits, and nothing is
   *     overwritten
   */
  StateValue join(EntryKey key, StateValue one, StateValue other);
}
