package io.headrace.function;

import java.time.Duration;
import java.time.Instant;

/**
 * This delivery. Time is the runtime's: in a harness it is virtual, so never compare it with {@code
 * Instant.now()}.
 */
public interface Attempt {
  /** 1 is the first. */
  int number();

  /** When the attempt counts as failed; {@link Instant#MAX} where no limit is set. */
  Instant deadline();

  /** What is left until {@link #deadline()}, never negative; an hour where no limit is set. */
  Duration remaining();

  /**
   * Never falls for a key, through moves, splits and merges, and is higher after an attempt that
   * was given up while its code may still have been running.
   */
  long fencingToken();
}
