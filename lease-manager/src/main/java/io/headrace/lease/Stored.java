package io.headrace.lease;

import java.util.Objects;

/**
 * An item as a {@link LeaseTable} has it, and the witness with which it may be replaced.
 *
 * @param nonce chosen when the item was created: an item that was deleted and made again is another
 * @param revision raised by every write
 * @param writeToken names the last write, so that a writer whose answer was lost knows its own
 */
public record Stored<T extends LeaseItem>(T item, String nonce, long revision, String writeToken) {
  public Stored {
    Objects.requireNonNull(item, "item");
    Objects.requireNonNull(nonce, "nonce");
    Objects.requireNonNull(writeToken, "writeToken");
  }
}
