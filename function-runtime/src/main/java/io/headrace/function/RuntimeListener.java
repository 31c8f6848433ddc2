package io.headrace.function;

/**
 * Hears what happens in a runtime: {@link io.headrace.kcl.WorkerEvent}s and {@link FunctionEvent}s.
 * Called on the worker loop, so it must return at once; an exception is logged and never breaks the
 * loop.
 */
public interface RuntimeListener {
  default void on(Object whatHappened) {}
}
