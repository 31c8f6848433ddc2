package io.headrace.checkpoint;

import io.headrace.kcl.Shard;
import io.headrace.kcl.ShardId;
import io.headrace.kcl.StableCopy;
import io.headrace.kcl.StartingPosition;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * Where another consumer of the stream left a shard, for a function of ours to go on there. Written
 * while no worker runs, into items that no worker has sealed.
 */
public sealed interface Placement {
  /**
   * The function goes on here.
   *
   * @param from behind the last record that is finished, or where the shard begins
   * @param endedParents those that the other consumer has finished: nobody waits for them
   */
  record At(StartingPosition from, Set<ShardId> endedParents) implements Placement {
    public At {
      Objects.requireNonNull(from, "from");
      endedParents = StableCopy.of(endedParents);
    }
  }

  /** The other consumer has finished the shard. */
  record Ended(List<Shard> children) implements Placement {
    public Ended {
      children = List.copyOf(children);
    }
  }
}
