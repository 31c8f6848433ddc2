package io.headrace.function;

import io.headrace.checkpoint.ChunkStore;
import io.headrace.checkpoint.InMemoryChunkStore;
import io.headrace.kcl.CheckpointException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;

/** Chunks in memory that can be counted, and a store of them that can be down. */
final class CountingChunks implements ChunkStore {
  private final InMemoryChunkStore chunks = new InMemoryChunkStore();
  private final Map<String, Integer> sizes = new ConcurrentHashMap<>();
  private final Map<String, Integer> everySize = new ConcurrentHashMap<>();
  boolean down;
  long gets;

  Set<String> names() {
    return Set.copyOf(sizes.keySet());
  }

  /** Of all that were ever put and are no chunk of records: whose names lack the word. */
  int largestOf(String recordsWord) {
    return everySize.entrySet().stream()
        .filter(
            each ->
                !each.getKey()
                    .substring(each.getKey().lastIndexOf('/'))
                    .contains("." + recordsWord))
        .mapToInt(Map.Entry::getValue)
        .max()
        .orElse(0);
  }

  @Override
  public CompletionStage<Void> put(String name, byte[] bytes) {
    if (down) {
      return CompletableFuture.failedFuture(new CheckpointException("the store is down"));
    }
    sizes.put(name, bytes.length);
    everySize.put(name, bytes.length);
    return chunks.put(name, bytes);
  }

  @Override
  public CompletionStage<byte[]> get(String name) {
    gets++;
    return down
        ? CompletableFuture.failedFuture(new CheckpointException("the store is down"))
        : chunks.get(name);
  }

  @Override
  public CompletionStage<Void> delete(String name) {
    sizes.remove(name);
    return chunks.delete(name);
  }

  @Override
  public CompletionStage<List<String>> names(String directory, Optional<String> after) {
    return chunks.names(directory, after);
  }
}
