package io.headrace.function;

import java.time.Instant;
import java.util.Optional;

/**
 * A function that is not called for now but by one probing record at a time, in all shards of a
 * worker.
 *
 * @param dependency what is down, as {@link Unavailable} names it; empty when too many records
 *     failed ({@link RetryPolicy#pausingAbove})
 * @param error the class of the exception that was seen last
 * @param since when the pause began
 * @param probes how many records have probed in vain
 * @param nextProbe when the next one will
 */
public record FunctionOutage(
    String function,
    Optional<String> dependency,
    String error,
    Instant since,
    int probes,
    Instant nextProbe) {

  /** For the operator. */
  String sentence() {
    return "function "
        + function
        + dependency
            .map(name -> ": " + name + " is unavailable")
            .orElse(": too many of its records fail")
        + " since "
        + since
        + " ("
        + error
        + "); it is paused, "
        + probes
        + " probes failed, the next is due at "
        + nextProbe;
  }
}
