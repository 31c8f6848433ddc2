package io.headrace.function;

import org.jspecify.annotations.Nullable;

/**
 * Takes the place of all destinations and dead-letter sinks of a runtime, for harnesses and dry
 * runs. A value that its destination could not write fails its attempt as it would there. Called on
 * the invocation pool, in order for each key; an exception counts as a sink that is down.
 */
public interface OutputTap {
  /**
   * An output of an attempt that succeeded, and of functions with state, of one that is committed.
   * After a crash those are decoded by their destination's codec.
   *
   * @param side null for the function's own destination
   * @param id the same whenever the output is repeated; of early tellings ({@link
   *     Windows#earlyEvery}), of which none is, it begins with {@code window:early/}
   */
  void output(String function, @Nullable Side<?> side, String id, Object value);

  void deadLetter(DeadLetter letter);

  /**
   * Records of a function of Lambda's rules, whose letters hold no payload ({@link
   * FunctionSpec.Options#lambdaCompatible}). A tap of functions that have no such rules need not
   * listen.
   */
  default void discarded(DiscardedBatch batch) {}
}
