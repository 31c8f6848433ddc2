package io.headrace.function;

/**
 * Hears what happens in a runtime: {@link io.headrace.kcl.WorkerEvent}s and {@link FunctionEvent}s.
 * Called on the worker loop, so it must return at once; an exception is logged and never breaks the
 * loop.
 */
public interface RuntimeListener {
  /** Whose events will come, before any does; by the thread that starts the worker. */
  default void started(ObservedWorker worker) {}

  /** The worker has ended, and nothing comes any more; by any thread. */
  default void ended() {}

  default void on(Object whatHappened) {}
}
