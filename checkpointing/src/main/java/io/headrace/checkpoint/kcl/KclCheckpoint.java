package io.headrace.checkpoint.kcl;

import io.headrace.kcl.Position;
import java.util.Objects;

/** How far the library is in a shard, as its lease row says. */
public sealed interface KclCheckpoint {
  /**
   * All up to and with this record is finished. The library knows sub-sequences of aggregates as we
   * do, and compares the pair.
   */
  record At(Position position) implements KclCheckpoint {
    public At {
      Objects.requireNonNull(position, "position");
    }

    @Override
    public String toString() {
      return position.toString();
    }
  }

  /** Words that stand in the place of a sequence number. */
  enum Sentinel implements KclCheckpoint {
    /** Begins with the oldest record. */
    TRIM_HORIZON,
    /** Begins at the tip, whenever that is: the row doesn't say what has been seen. */
    LATEST,
    /** Begins at a time that only the application's configuration knows. */
    AT_TIMESTAMP,
    /** Finished. */
    SHARD_END
  }
}
