package io.headrace.kcl;

import java.util.List;
import java.util.Set;

/** Where a function goes on in a shard, learnt by sealing its progress item. */
public sealed interface Resumption {
  /**
   * The function may run.
   *
   * @param from the committed position, or the function's starting position resolved once for all
   * @param fencingToken never falls for a key, through moves, splits and merges
   * @param parts what the last commit stored; of a child that has not begun: one of each parent
   */
  record Ready(StartingPosition from, long fencingToken, List<CommitParts> parts)
      implements Resumption {
    public Ready {
      parts = List.copyOf(parts);
    }
  }

  /** These parents are not ended by this function yet: seal again later. */
  record WaitingForParents(Set<ShardId> parents) implements Resumption {
    public WaitingForParents {
      parents = StableCopy.of(parents);
    }
  }

  /** The function ended this shard before; the children were told. */
  record Ended(List<Shard> children) implements Resumption {
    public Ended {
      children = List.copyOf(children);
    }
  }

  /** The item is sealed with a newer token: the shard is not ours any more. */
  record Fenced(LeaseToken by) implements Resumption {}
}
