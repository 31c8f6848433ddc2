package io.headrace.lease;

import java.time.Instant;
import java.util.Objects;
import java.util.Optional;

/**
 * An item as a {@link LeaseTable} has it, and the witness with which it may be replaced.
 *
 * @param nonce chosen when the item was created: an item that was deleted and made again is another
 * @param revision raised by every write
 * @param writeToken names the last write, so that a writer whose answer was lost knows its own
 */
public record Stored<T extends LeaseItem>(T item, String nonce, long revision, String writeToken) {
  /** Stands in a write token before the second in which it was drawn. */
  static final String TIME = "@";

  public Stored {
    Objects.requireNonNull(item, "item");
    Objects.requireNonNull(nonce, "nonce");
    Objects.requireNonNull(writeToken, "writeToken");
  }

  /** When it was written last, by the clock of the writer; for operators only. */
  public Optional<Instant> writtenAt() {
    int at = writeToken.lastIndexOf(TIME);
    try {
      return at < 0
          ? Optional.empty()
          : Optional.of(Instant.ofEpochSecond(Long.parseLong(writeToken.substring(at + 1))));
    } catch (NumberFormatException strange) {
      return Optional.empty();
    }
  }
}
