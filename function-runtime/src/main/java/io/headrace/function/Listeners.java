package io.headrace.function;

import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells everybody who listens, and lets none of them break the worker loop. Used on that loop, but
 * for beginning and end.
 */
final class Listeners {
  private static final Logger LOG = LoggerFactory.getLogger(Listeners.class);

  private final List<RuntimeListener> listeners;
  private final Set<RuntimeListener> complainedOf = ConcurrentHashMap.newKeySet();

  Listeners(List<RuntimeListener> listeners) {
    this.listeners = List.copyOf(listeners);
  }

  void tell(Object event) {
    for (var listener : listeners) {
      try {
        listener.on(event);
      } catch (RuntimeException | LinkageError | AssertionError | StackOverflowError thrown) {
        complain(listener, event.getClass().getSimpleName(), thrown);
      }
    }
  }

  /** By the thread that starts the worker. */
  void started(ObservedWorker worker) {
    listeners.forEach(listener -> listener.started(worker));
  }

  /** By any thread, once. */
  void ended() {
    for (var listener : listeners) {
      try {
        listener.ended();
      } catch (RuntimeException | LinkageError | AssertionError thrown) {
        complain(listener, "the end", thrown);
      }
    }
  }

  private void complain(RuntimeListener listener, String what, Throwable thrown) {
    if (complainedOf.add(listener)) {
      LOG.warn(
          "listener {} failed on {}; its further failures are not logged",
          listener.getClass().getName(),
          what,
          thrown);
    }
  }
}
