package io.headrace.function;

/**
 * Handles a record together with the state of its key. Called on the invocation pool, one at a time
 * and in order for each key, for different keys at once. It may block.
 *
 * <p>State and progress are committed together: a record's effect on state happens exactly once.
 * Outputs are a part of that commit, too, and leave once it stands: after a crash one may be sent
 * again, under its id and with its value.
 *
 * @param <S> the state's type; treat it as immutable, with {@code equals}
 */
public interface KeyedFunction<I, S, O> {
  /** The state of a key that has none. */
  S initial(String key);

  Next<S> handle(S state, Event<I> event, Output<O> out) throws Exception;

  /**
   * A timer of the key has come due ({@link Next#wakeAt}, {@link Next#wakeAfter}). Called as {@link
   * #handle} is, in the key's order; it is tried again when it throws, and its effect happens once.
   */
  default Next<S> onTimer(S state, WakeUp timer, Output<O> out) throws Exception {
    throw new UnsupportedOperationException(
        "timer " + timer.name() + " was set, onTimer is missing");
  }
}
