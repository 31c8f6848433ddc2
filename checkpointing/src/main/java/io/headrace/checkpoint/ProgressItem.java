package io.headrace.checkpoint;

import io.headrace.kcl.CommitParts;
import io.headrace.kcl.LeaseToken;
import io.headrace.kcl.Progress;
import io.headrace.kcl.Shard;
import io.headrace.kcl.ShardId;
import io.headrace.kcl.StableCopy;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;

/**
 * How far one function is in one shard, as stored and sealed. Immutable.
 *
 * @param token whoever may commit
 * @param rev rises with each write of an owner
 * @param nonce drawn when the item was first sealed: an item that was deleted and made again is
 *     another one
 * @param seals how many tokens have sealed the item; see {@link #fencingToken}
 * @param attempt names the last commit or end, so that its writer knows it again; empty before
 * @param parts of the last commit; empty before the first
 * @param parents by name, those that this function has ended
 * @param children empty while the function has not ended the shard
 * @param moved empty while no operator has moved the function
 */
public record ProgressItem(
    LeaseToken token,
    long rev,
    String nonce,
    long seals,
    String attempt,
    Progress progress,
    Optional<CommitParts> parts,
    Map<ShardId, EndedParent> parents,
    Optional<List<Shard>> children,
    Optional<Moved> moved) {
  public ProgressItem {
    Objects.requireNonNull(token, "token");
    Objects.requireNonNull(nonce, "nonce");
    Objects.requireNonNull(attempt, "attempt");
    Objects.requireNonNull(progress, "progress");
    parents = StableCopy.of(parents);
    children = children.map(List::copyOf);
  }

  /**
   * Above all that were handed out for this shard and for its parents, so it never falls for a key.
   * It is a sum of two numbers that only rise, because a store can count up in one blind write but
   * can't take a maximum: how often the item was sealed, and the parents' highest. A function gets
   * no token before all its parents are ended, and then theirs stand still.
   */
  public long fencingToken() {
    return seals + parents.values().stream().mapToLong(EndedParent::fencingToken).max().orElse(0);
  }

  /** The parents that left something for this shard, in the order of their names. */
  public Map<ShardId, EndedParent> parentsByName() {
    return new TreeMap<>(parents);
  }
}
