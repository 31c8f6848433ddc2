package io.headrace.local.protocol;

import io.headrace.local.engine.Caller;
import io.headrace.local.engine.Engine;
import org.jspecify.annotations.Nullable;

/**
 * One action of the service: what it takes, what it answers, and what it does.
 *
 * @param <R> what the engine answers
 */
record Action<R>(String name, Structure input, @Nullable Output<R> output, Work<R> work) {
  /** Runs the action on input that has passed validation. */
  interface Work<R> {
    R run(Engine engine, Caller caller, Fields input);
  }

  /** An action whose answer is empty. */
  static Action<Nothing> silent(String name, Structure input, SilentWork work) {
    return new Action<>(
        name,
        input,
        null,
        (engine, caller, fields) -> {
          work.run(engine, caller, fields);
          return Nothing.NOTHING;
        });
  }

  /** Runs an action that answers nothing. */
  interface SilentWork {
    void run(Engine engine, Caller caller, Fields input);
  }

  /** The one value that an empty answer has. */
  enum Nothing {
    NOTHING
  }
}
