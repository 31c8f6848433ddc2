package io.headrace.function;

import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Brings what a task of one of a worker's loops threw to whoever takes the worker down. Told on the
 * loop in question; the listener is set by the thread that starts the worker.
 */
final class LoopFaults {
  private volatile @Nullable BiConsumer<String, Throwable> listener;

  /**
   * @param listener is given the name of the loop and what a task of it threw
   */
  void listen(BiConsumer<String, Throwable> listener) {
    this.listener = listener;
  }

  void tell(String loop, Throwable thrown) {
    var told = listener;
    if (told != null) {
      told.accept(loop, thrown);
    }
  }
}
