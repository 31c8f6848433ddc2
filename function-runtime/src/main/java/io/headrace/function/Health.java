package io.headrace.function;

import java.util.List;

/**
 * How a runtime is.
 *
 * @param alive false: it can't go on, has left its fleet or is leaving it, and should be started
 *     anew
 * @param ready it takes part in the work
 * @param reasons one sentence each; empty when all is well
 */
public record Health(boolean alive, boolean ready, List<String> reasons) {
  public Health {
    reasons = List.copyOf(reasons);
  }
}
