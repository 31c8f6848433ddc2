package io.headrace.checkpoint;

import io.headrace.kcl.StartingPosition;
import java.util.Objects;

/**
 * The last time an operator moved a function to another place in a shard.
 *
 * @param rev the item's revision with that move: writes that expected a lower one are refused
 * @param order the number of the {@link Order}, which says who and why
 * @param to where the function goes on
 */
public record Moved(long rev, long order, StartingPosition to) {
  public Moved {
    Objects.requireNonNull(to, "to");
    if (rev < 1 || order < 1) {
      throw new IllegalArgumentException(
          "move by order " + order + " at revision " + rev + ": both must be at least 1");
    }
  }
}
