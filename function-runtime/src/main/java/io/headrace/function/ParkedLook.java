package io.headrace.function;

import io.headrace.checkpoint.ChunkStore;
import io.headrace.checkpoint.OperatorStore;
import io.headrace.checkpoint.ProgressItem;
import io.headrace.checkpoint.ProgressRow;
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

  /** An owner makes two commits between two reads this often only by chance. */
  private static final int TRIES_MAX = 10;

  /**
   * Looks; one read where something is parked, else none. The owner goes on meanwhile, and deletes
   * the list of a commit two commits later: where it can't be read, the commit is read again. Any
   * thread calls.
   *
   * @param seen the function in the shard as it was found
   * @param chunks where workers of the application have state and parked records
   * @return empty where nothing is parked, or the function has ended the shard and its children
   *     have it; fails with a {@link io.headrace.kcl.CheckpointException} where the list of what is
   *     can't be read although the commit stands, and as the stores do
   */
  public static CompletionStage<Optional<ParkedLook>> of(
      ProgressRow seen, OperatorStore store, ChunkStore chunks) {
    return of(seen, store, chunks, TRIES_MAX);
  }

  private static CompletionStage<Optional<ParkedLook>> of(
      ProgressRow seen, OperatorStore store, ChunkStore chunks, int tries) {
    return partsOf(seen)
        .map(parts -> read(parts, chunks))
        .orElseGet(() -> CompletableFuture.completedStage(Optional.empty()))
        .exceptionallyCompose(
            failed ->
                store
                    .progress(seen.key())
                    .thenCompose(
                        now ->
                            tries > 1 && !partsOf(now).equals(partsOf(seen))
                                ? of(now, store, chunks, tries - 1)
                                : CompletableFuture.failedStage(failed)));
  }

  private static Optional<CommitParts> partsOf(ProgressRow row) {
    return row.item().filter(item -> item.children().isEmpty()).flatMap(ProgressItem::parts);
  }

  private static CompletionStage<Optional<ParkedLook>> read(CommitParts parts, ChunkStore chunks) {
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
