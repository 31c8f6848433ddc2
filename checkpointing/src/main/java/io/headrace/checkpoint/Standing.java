package io.headrace.checkpoint;

import io.headrace.kcl.Progress;
import io.headrace.kcl.ShardId;
import io.headrace.kcl.StableCopy;
import io.headrace.kcl.StartingPosition;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * How far a function is in a shard, as somebody sees it who doesn't run it: read without a seal, so
 * that nothing is fenced by looking.
 *
 * @param ran whether a worker has ever sealed the item; false for what was only placed there
 * @param placed what placed it; empty when nothing did
 * @param progress {@link Progress#NONE} before the first record is finished
 * @param parents that are ended, and where each says that the function begins here
 * @param ended whether the function has finished the shard
 * @param partsBytes of state, windows and timers in the last commit
 */
public record Standing(
    boolean ran,
    Optional<String> placed,
    Progress progress,
    Map<ShardId, StartingPosition> parents,
    boolean ended,
    int partsBytes) {
  public Standing {
    parents = StableCopy.of(new TreeMap<>(parents));
  }

  /** Where the function begins if it has finished nothing; {@code start} where no parent says. */
  public StartingPosition base(StartingPosition start) {
    var said = parents.values().stream().distinct().toList();
    return said.isEmpty() ? start : said.size() == 1 ? said.get(0) : StartingPosition.TRIM_HORIZON;
  }
}
