package io.headrace.checkpoint;

import io.headrace.kcl.CommitParts;
import io.headrace.kcl.ShardId;
import io.headrace.kcl.StableCopy;
import java.util.Map;
import java.util.Optional;

/**
 * A progress item as an operator finds it, which may have begun or not.
 *
 * @param rev 0 before anybody but a parent wrote it
 * @param item empty before the first seal
 * @param parents those that this function has ended
 * @param moved the last move, which may have come before the first seal
 * @param parts of the last commit, or what was installed before the first seal
 */
public record ProgressRow(
    ProgressKey key,
    long rev,
    Optional<ProgressItem> item,
    Map<ShardId, EndedParent> parents,
    Optional<Moved> moved,
    Optional<CommitParts> parts) {
  public ProgressRow {
    parents = StableCopy.of(parents);
  }

  /** An item that is not there. */
  public static ProgressRow absent(ProgressKey key) {
    return new ProgressRow(key, 0, Optional.empty(), Map.of(), Optional.empty(), Optional.empty());
  }
}
