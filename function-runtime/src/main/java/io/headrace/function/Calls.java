package io.headrace.function;

import io.headrace.kcl.ShardHandler.Standing;
import java.time.Duration;
import java.util.Collection;
import java.util.EnumSet;

/** What the watchdog asks of the calls that a batch handler has under way. On the worker loop. */
final class Calls {
  private Calls() {}

  /** {@link io.headrace.kcl.ShardHandler#callsSince}. */
  static long since(Collection<? extends Call<?>> running) {
    long since = Long.MAX_VALUE;
    for (var call : running) {
      since = Math.min(since, call.since());
    }
    return since;
  }

  /** Whatever does not come back counts before all that does. */
  static Standing standing(
      Collection<? extends Call<?>> running, FunctionGate gate, Scope scope, Duration patience) {
    var standings = EnumSet.noneOf(Standing.class);
    for (var call : running) {
      standings.add(call.standing(patience));
    }
    if (standings.contains(Standing.OVERDUE)) {
      return Standing.OVERDUE;
    }
    if (standings.contains(Standing.IN_CALL)) {
      return Standing.IN_CALL;
    }
    if (!standings.isEmpty()) {
      return Standing.SILENT;
    }
    return gate.isOpen() ? scope.standing() : Standing.RETRYING;
  }
}
