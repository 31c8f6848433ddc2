package io.headrace.checkpoint;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * A chunk store that passes everything on to another: what watches or changes some of its calls
 * extends it. Called as the other store is.
 */
public abstract class ForwardingChunkStore implements ChunkStore {
  private final ChunkStore chunks;

  /** Passes on to this store. */
  protected ForwardingChunkStore(ChunkStore chunks) {
    this.chunks = Objects.requireNonNull(chunks, "chunks");
  }

  @Override
  public CompletionStage<Void> put(String name, byte[] bytes) {
    return chunks.put(name, bytes);
  }

  @Override
  public CompletionStage<byte[]> get(String name) {
    return chunks.get(name);
  }

  @Override
  public CompletionStage<Void> delete(String name) {
    return chunks.delete(name);
  }

  @Override
  public CompletionStage<List<String>> names(String directory, Optional<String> after) {
    return chunks.names(directory, after);
  }
}
