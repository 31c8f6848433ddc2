package io.headrace.checkpoint;

import io.headrace.kcl.CheckpointException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Chunks of one process, gone with it: for tests and for runs that need not survive. Thread-safe,
 * shared by the workers of the process. Stages are complete when they are returned.
 */
public final class InMemoryChunkStore implements ChunkStore {
  /** Unless told otherwise. */
  public static final long BYTES_MAX_DEFAULT = 256L << 20;

  private static final int NAMES_MAX = 100;

  private final Object lock = new Object();
  private final Map<String, byte[]> chunks = new HashMap<>();
  private final long bytesMax;
  private long bytesHeld;

  public InMemoryChunkStore() {
    this(BYTES_MAX_DEFAULT);
  }

  /**
   * A store with a bound.
   *
   * @param bytesMax what all chunks together may take; a put beyond it fails
   */
  public InMemoryChunkStore(long bytesMax) {
    if (bytesMax < 1) {
      throw new IllegalArgumentException("bytesMax " + bytesMax + ": must be at least 1");
    }
    this.bytesMax = bytesMax;
  }

  @Override
  public CompletionStage<Void> put(String name, byte[] bytes) {
    if (name.isEmpty()) {
      throw new IllegalArgumentException("chunk name: must not be empty");
    }
    synchronized (lock) {
      var former = chunks.get(name);
      if (former != null) {
        return Arrays.equals(former, bytes)
            ? CompletableFuture.completedFuture(null)
            : failed("chunk \"" + name + "\" holds other bytes: names are never used twice");
      }
      if (bytesHeld + bytes.length > bytesMax) {
        return failed(
            "chunk \""
                + name
                + "\" of "
                + bytes.length
                + " bytes: the store in memory holds "
                + bytesHeld
                + " of at most "
                + bytesMax
                + " bytes; give it more, or use a durable one");
      }
      chunks.put(name, bytes.clone());
      bytesHeld += bytes.length;
      return CompletableFuture.completedFuture(null);
    }
  }

  @Override
  public CompletionStage<byte[]> get(String name) {
    synchronized (lock) {
      var bytes = chunks.get(name);
      return bytes == null
          ? failed(
              "chunk \""
                  + name
                  + "\" is missing from the store in memory: another process wrote it, or this one"
                  + " before it was started anew, and state in memory ends with its process; keep"
                  + " state in a durable store, or run the function under a new name, which begins"
                  + " without state")
          : CompletableFuture.completedFuture(bytes.clone());
    }
  }

  @Override
  public CompletionStage<Void> delete(String name) {
    synchronized (lock) {
      var former = chunks.remove(name);
      bytesHeld -= former == null ? 0 : former.length;
      return CompletableFuture.completedFuture(null);
    }
  }

  @Override
  public CompletionStage<List<String>> names(String directory, Optional<String> after) {
    synchronized (lock) {
      return CompletableFuture.completedFuture(
          chunks.keySet().stream()
              .filter(name -> name.lastIndexOf('/') == directory.length())
              .filter(name -> name.startsWith(directory))
              .filter(name -> after.isEmpty() || name.compareTo(after.get()) > 0)
              .sorted()
              .limit(NAMES_MAX)
              .toList());
    }
  }

  private static <T> CompletionStage<T> failed(String message) {
    return CompletableFuture.failedFuture(new CheckpointException(message));
  }
}
