package io.headrace.function;

import io.headrace.checkpoint.CheckpointPolicy;
import java.time.Duration;
import java.util.Optional;

/**
 * How soon a function commits, and whether its outputs wait for it. Immutable.
 *
 * @param within what the specification says; empty where it leaves that to the runtime
 * @param early whether outputs of a function with state leave before they are committed
 * @param outputs how soon a commit is wanted that outputs wait for
 */
record Committing(Optional<Duration> within, boolean early, Duration outputs) {
  /** How long outputs wait at most, unless told otherwise: a commit a second costs little. */
  static final Duration OUTPUTS = Duration.ofSeconds(1);

  static final Committing USUAL = new Committing(Optional.empty(), false, OUTPUTS);

  private static final Duration SHORTEST = Duration.ofMillis(1);

  Committing within(Duration limit) {
    return new Committing(Optional.of(limit), early, limit);
  }

  Committing emittingEarly() {
    return new Committing(within, true, outputs);
  }

  /** What the runtime says of functions that say nothing. */
  Committing unlessGiven(Duration ofOutputs) {
    return within.isPresent() ? this : new Committing(within, early, ofOutputs);
  }

  /** The runtime's policy, as this function wants it. */
  CheckpointPolicy policy(CheckpointPolicy of) {
    if (within.isEmpty() || within.get().compareTo(of.interval()) >= 0) {
      return of;
    }
    var limit = within.get();
    return new CheckpointPolicy(limit.compareTo(SHORTEST) < 0 ? SHORTEST : limit, of.recordsMax());
  }
}
