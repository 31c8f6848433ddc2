package io.headrace.checkpoint;

import io.headrace.kcl.CommitParts;
import io.headrace.kcl.StartingPosition;
import java.util.Objects;

/**
 * What a function left behind for a child when it ended the child's parent.
 *
 * @param fencingToken the highest that was handed out in the parent
 * @param childrenFrom where the function begins in a child
 * @param parts of the parent's last commit; {@link CommitParts#NONE} once the child took them over
 */
public record EndedParent(long fencingToken, StartingPosition childrenFrom, CommitParts parts) {
  public EndedParent {
    Objects.requireNonNull(childrenFrom, "childrenFrom");
    Objects.requireNonNull(parts, "parts");
  }

  EndedParent takenOver() {
    return new EndedParent(fencingToken, childrenFrom, CommitParts.NONE);
  }
}
