package io.headrace.local.engine;

import java.time.Duration;

/** How long a stream stays in each of the states that it leaves by itself. */
public record StateTimes(Duration creating, Duration updating, Duration deleting) {
  public StateTimes {
    requireNotNegative("creating", creating);
    requireNotNegative("updating", updating);
    requireNotNegative("deleting", deleting);
  }

  /** The same time for all of them. */
  public static StateTimes all(Duration each) {
    return new StateTimes(each, each, each);
  }

  long millis(StreamStatus meanwhile) {
    return switch (meanwhile) {
      case CREATING -> creating.toMillis();
      case UPDATING -> updating.toMillis();
      case DELETING -> deleting.toMillis();
      case ACTIVE -> 0;
    };
  }

  private static void requireNotNegative(String name, Duration duration) {
    if (duration.isNegative()) {
      throw new IllegalArgumentException(name + " must not be negative: " + duration);
    }
  }
}
