package io.headrace.function;

import java.util.concurrent.CompletionStage;

/**
 * As {@link KeyedFunction}, without holding a thread while it waits. Must not block; the key's next
 * record waits for the stage, so order and state stay right.
 *
 * @param <S> the state's type; treat it as immutable, with {@code equals}
 */
public interface AsyncKeyedFunction<I, S, O> {
  /** The state of a key that has none. */
  S initial(String key);

  CompletionStage<Next<S>> handle(S state, Event<I> event, Output<O> out) throws Exception;

  /** As {@link KeyedFunction#onTimer}, without holding a thread while it waits. */
  default CompletionStage<Next<S>> onTimer(S state, WakeUp timer, Output<O> out) throws Exception {
    throw new UnsupportedOperationException(
        "timer " + timer.name() + " was set, onTimer is missing");
  }
}
