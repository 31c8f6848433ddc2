package io.headrace.checkpoint;

import io.headrace.kcl.CheckpointException;
import io.headrace.kcl.LeaseToken;
import java.util.Objects;
import java.util.Optional;

/**
 * What must still hold of a progress item for a write to be applied, and the name under which the
 * write is known again.
 *
 * @param attempt unique within the life of the item; the same when a write is sent again
 */
public record WriteClaim(
    ProgressKey key, LeaseToken token, long rev, String nonce, String attempt) {
  public WriteClaim {
    Objects.requireNonNull(key, "key");
    Objects.requireNonNull(token, "token");
    Objects.requireNonNull(nonce, "nonce");
    Objects.requireNonNull(attempt, "attempt");
  }

  /** Whether the item is as the writer left it. */
  public boolean holdsFor(ProgressItem item) {
    return item.children().isEmpty()
        && item.token().equals(token)
        && item.rev() == rev
        && item.nonce().equals(nonce);
  }

  /**
   * What became of a write that was refused: it may have been applied before, when its answer was
   * lost; or the item was sealed anew, or moved by an operator. Nothing else can happen while one
   * owner sends one write at a time, so anything else is a fault and fails.
   *
   * @param found the item that refused; empty when there is none
   */
  public WriteAnswer settle(Optional<ProgressItem> found) {
    if (found.isEmpty()) {
      throw new CheckpointException(
          "progress item "
              + key
              + " is gone although "
              + token
              + " sealed it: it was deleted by hand; the shard has to be leased anew");
    }
    var item = found.get();
    if (item.nonce().equals(nonce)
        && item.token().equals(token)
        && item.rev() == rev + 1
        && item.attempt().equals(attempt)) {
      return new WriteAnswer.Applied();
    }
    if (!item.token().equals(token)) {
      return new WriteAnswer.Lost(item.token());
    }
    if (item.nonce().equals(nonce) && item.moved().filter(m -> m.rev() > rev).isPresent()) {
      return new WriteAnswer.Moved();
    }
    throw new CheckpointException(
        "progress item "
            + key
            + " is not as "
            + token
            + " left it: revision "
            + item.rev()
            + ", expected "
            + rev
            + (item.nonce().equals(nonce) ? "" : ", and it was deleted and made again")
            + (item.children().isEmpty() ? "" : ", and it is ended")
            + "; somebody else writes under this token");
  }
}
