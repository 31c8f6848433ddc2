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

  /** How long that may wait for a commit which no call has asked for. */
  private static final Duration UPKEEP = Duration.ofSeconds(1);

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

  /**
   * The runtime's policy, as this function wants it. Each call that is finished wants its commit
   * within the limit by itself; what is left, such as that outputs were sent, is in no hurry: a
   * commit for its sake would be under way when the next record comes, which would wait for it.
   */
  CheckpointPolicy policy(CheckpointPolicy of) {
    if (within.isEmpty() || within.get().compareTo(of.interval()) >= 0) {
      return of;
    }
    var limit = within.get();
    var longest = limit.compareTo(UPKEEP) > 0 ? limit : UPKEEP;
    return longest.compareTo(of.interval()) < 0
        ? new CheckpointPolicy(longest, of.recordsMax())
        : of;
  }
}
