package io.headrace.checkpoint.state;

import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** What is known of an entry at once. */
public sealed interface Lookup {
  /** There is no such entry. */
  Lookup ABSENT = new Absent();

  /**
   * The entry is in memory.
   *
   * @param key equal to the one that was asked for: changing the entry under this one is cheaper
   */
  record Found(EntryKey key, StateValue value) implements Lookup {}

  /** There is no such entry. */
  record Absent() implements Lookup {}

  /**
   * The entry is not in memory.
   *
   * @param answer completes on any thread; fails with {@link io.headrace.kcl.CheckpointException},
   *     then the entry may be asked for again. It holds as long as nobody changes the entry.
   */
  record Loading(CompletionStage<Optional<StateValue>> answer) implements Lookup {}
}
