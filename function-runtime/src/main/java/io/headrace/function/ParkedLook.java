package io.headrace.function;

import io.headrace.checkpoint.ChunkStore;
import io.headrace.checkpoint.ProgressItem;
import io.headrace.kcl.CommitParts;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * What is parked of a function in a shard ({@link KeyParking}), by its last commit: for operators'
 * tools, whether a worker runs or not. A position has passed what is parked, so that without it a
 * function with a key that fails for ever looks as if it were done.
 *
 * @param keys that are parked
 * @param records of them that are not finished
 */
public record ParkedLook(int keys, long records) {
  private static final List<String> PARTS = List.of(CommitParts.PARKED, KeyedHandler.PARKED);

  /**
   * Looks; one read where something is parked, else none. Any thread calls.
   *
   * @param chunks where workers of the application have state and parked records
   * @return empty where nothing is parked; fails with a {@link io.headrace.kcl.CheckpointException}
   *     where the list of what is can't be read, and as the store does
   */
  public static CompletionStage<Optional<ParkedLook>> of(ProgressItem item, ChunkStore chunks) {
    var parts = item.parts().orElse(CommitParts.NONE);
    for (var part : PARTS) {
      if (parts.parts().containsKey(part)) {
        return CompletableFuture.completedStage(parts)
            .thenApply(named -> StateRoot.of(named, part).orElseThrow())
            .thenCompose(root -> StateKeeper.load(chunks, part, root))
            .thenApply(
                stored -> Optional.of(of(ParkedDirectory.read(stored.name(), stored.bytes()))));
      }
    }
    return CompletableFuture.completedStage(Optional.empty());
  }

  private static ParkedLook of(ParkedDirectory directory) {
    long records = directory.entries().stream().mapToLong(ParkedDirectory.Entry::records).sum();
    return new ParkedLook(directory.entries().size(), records);
  }

  @Override
  public String toString() {
    return keys
        + (keys == 1 ? " key" : " keys")
        + " parked with "
        + records
        + (records == 1 ? " record" : " records");
  }
}
