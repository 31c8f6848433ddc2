package io.headrace.function;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells everybody who listens, and lets none of them break the worker loop. Used on that loop. */
final class Listeners {
  private static final Logger LOG = LoggerFactory.getLogger(Listeners.class);

  private final List<RuntimeListener> listeners;
  private final Set<RuntimeListener> complainedOf = new HashSet<>();

  Listeners(List<RuntimeListener> listeners) {
    this.listeners = List.copyOf(listeners);
  }

  void tell(Object event) {
    for (var listener : listeners) {
      try {
        listener.on(event);
      } catch (RuntimeException | LinkageError | AssertionError | StackOverflowError thrown) {
        if (complainedOf.add(listener)) {
          LOG.warn(
              "listener {} failed on {}; its further failures are not logged",
              listener.getClass().getName(),
              event.getClass().getSimpleName(),
              thrown);
        }
      }
    }
  }
}
