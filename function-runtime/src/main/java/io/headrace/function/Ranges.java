package io.headrace.function;

import java.time.Duration;

/** What options of a function may be, wherever they are given. Pure. */
final class Ranges {
  private static final int IN_FLIGHT_MAX = 10_000;

  private Ranges() {}

  static void requireTimeOut(String function, Duration limit) {
    if (limit.toMillis() < 1 || limit.compareTo(Duration.ofHours(1)) > 0) {
      throw FunctionSpec.refused(
          function, "timingOutAfter", limit.toString(), "must be between 1 ms and 1 h");
    }
  }

  static Duration requireSorting(String function, Duration wait) {
    if (wait.toMillis() < 1 || wait.compareTo(Duration.ofMinutes(1)) > 0) {
      throw FunctionSpec.refused(
          function, "sortedWithin", wait.toString(), "must be between 1 ms and 1 min");
    }
    return wait;
  }

  static Duration requireCommitting(String function, Duration limit) {
    if (limit.isNegative() || limit.compareTo(Duration.ofHours(1)) > 0) {
      throw FunctionSpec.refused(
          function, "committingWithin", limit.toString(), "must be between 0 and 1 h");
    }
    return limit;
  }

  static void requireInFlight(String function, int perShard) {
    if (perShard < 1 || perShard > IN_FLIGHT_MAX) {
      throw FunctionSpec.refused(
          function,
          "inFlight",
          Integer.toString(perShard),
          "must be between 1 and " + IN_FLIGHT_MAX);
    }
  }
}
