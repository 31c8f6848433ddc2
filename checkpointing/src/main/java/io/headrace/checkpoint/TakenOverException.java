package io.headrace.checkpoint;

import io.headrace.kcl.CheckpointException;
import io.headrace.kcl.LeaseToken;
import java.util.Objects;

/**
 * A function has no progress of its own in a shard any more: another one took it over, or holds it
 * under a newer token.
 */
public final class TakenOverException extends CheckpointException {
  private static final long serialVersionUID = 1;

  private final String successor;
  private final transient LeaseToken by;

  /**
   * @param key what was asked for
   * @param successor under which name the progress is kept by now
   * @param by the token under which it was taken over, or is held
   */
  public TakenOverException(ProgressKey key, String successor, LeaseToken by) {
    super(
        "progress item "
            + key
            + ": function "
            + successor
            + " has it, by "
            + by
            + "; go on with that function, or say that this one migrates from it");
    this.successor = Objects.requireNonNull(successor, "successor");
    this.by = Objects.requireNonNull(by, "by");
  }

  /** Under which name the progress is kept by now. */
  public String successor() {
    return successor;
  }

  /** The token under which it was taken over, or is held. */
  public LeaseToken by() {
    return by;
  }
}
