package io.headrace.checkpoint;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * Keeps state outside the progress item, in chunks that never change. Names are never used twice,
 * so a chunk is either absent or exactly what was put. Calls never block; stages complete on any
 * thread.
 */
public interface ChunkStore {
  /**
   * Stores a chunk durably. Fails when the name is taken by other bytes.
   *
   * @param name {@code /}-separated words, unique for each attempt
   */
  CompletionStage<Void> put(String name, byte[] bytes);

  /**
   * The chunk's bytes. A missing chunk fails the stage with {@link
   * io.headrace.kcl.CheckpointException} that names it: absence is never empty state.
   */
  CompletionStage<byte[]> get(String name);

  /** Removes a chunk that no commit refers to any more; harmless when it is gone. */
  CompletionStage<Void> delete(String name);

  /**
   * Names of chunks, a page in an order of the store's own; what is put or deleted meanwhile may be
   * among them or not. For sweeps: what is there costs as if it were read.
   *
   * @param directory all of a name before its last {@code /}
   * @param after the last name of the page before; empty for the first page
   * @return empty when there are no more
   */
  CompletionStage<List<String>> names(String directory, Optional<String> after);
}
