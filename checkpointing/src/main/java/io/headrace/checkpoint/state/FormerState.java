package io.headrace.checkpoint.state;

import io.headrace.kcl.HashRange;
import java.util.Map;

/**
 * Reads chunks that an earlier version wrote: state as a whole. Called on the background pool.
 *
 * @see StateSpace
 */
@FunctionalInterface
public interface FormerState {
  /**
   * The contents of a chunk.
   *
   * @param chunk its name, for errors
   * @throws io.headrace.kcl.CheckpointException when it is damaged or none
   */
  Contents read(String chunk, byte[] bytes);

  /**
   * What a chunk held.
   *
   * @param range the keys of the shard that wrote it
   * @param notes as of {@link StateSpace#note}
   */
  record Contents(HashRange range, Map<EntryKey, StateValue> entries, Map<String, byte[]> notes) {}
}
