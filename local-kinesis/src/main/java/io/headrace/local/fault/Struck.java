package io.headrace.local.fault;

import java.time.Duration;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * What the rules together do to one request. Immutable.
 *
 * @param delay how much later its answer leaves; zero for not at all
 * @param rule the first rule that strikes with more than a delay, or null
 * @param seed of what that rule's effect draws
 */
public record Struck(Duration delay, @Nullable FaultRule rule, long seed) {
  /** Draws for the records of one request, always the same. */
  public SplittableRandom draws() {
    return new SplittableRandom(seed);
  }
}
