package io.headrace.kcl;

import java.time.Instant;
import java.util.Objects;

/** Where reading of a shard begins. */
public sealed interface StartingPosition {
  StartingPosition TRIM_HORIZON = new TrimHorizon();

  static StartingPosition at(Instant time) {
    return new AtTimestamp(time);
  }

  static StartingPosition after(Position position) {
    return new After(position);
  }

  /** The oldest record that the stream still has. */
  record TrimHorizon() implements StartingPosition {}

  /** The first record that arrived at or after {@code time}. */
  record AtTimestamp(Instant time) implements StartingPosition {
    public AtTimestamp {
      Objects.requireNonNull(time, "time");
    }
  }

  /** The first record behind {@code position}: how a commit is resumed. */
  record After(Position position) implements StartingPosition {
    public After {
      Objects.requireNonNull(position, "position");
    }
  }
}
