package io.headrace.lease;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Writes this worker's book, one write at a time: what changes meanwhile goes into the next. Lives
 * on the coordinator's loop.
 */
final class BookKeeper {
  private final Desk desk;
  private final Supplier<Book> content;
  private final LongConsumer onStored;
  private @Nullable Stored<Book> stored;
  private List<Runnable> waiting = new ArrayList<>();
  private boolean writing;

  /**
   * @param content the book as it should be now
   * @param onStored told the revision of each book that is stored
   */
  BookKeeper(Desk desk, Supplier<Book> content, LongConsumer onStored) {
    this.desk = desk;
    this.content = content;
    this.onStored = onStored;
  }

  void begin(Stored<Book> empty) {
    stored = empty;
    waiting = new ArrayList<>();
    writing = false;
    onStored.accept(empty.revision());
  }

  /** Calls {@code then} once a book that says what is true now is stored. */
  void write(Runnable then) {
    waiting.add(then);
    if (!writing) {
      send();
    }
  }

  private void send() {
    var waiters = waiting;
    waiting = new ArrayList<>();
    var seen = Objects.requireNonNull(stored, "no book");
    var next = content.get();
    if (next.equals(seen.item())) {
      waiters.forEach(Runnable::run);
      return;
    }
    writing = true;
    desk.update(seen, next, written -> answered(written, waiters));
  }

  private void answered(Written<Book> written, List<Runnable> waiters) {
    writing = false;
    if (written instanceof Written.Applied<Book> applied) {
      stored = applied.now();
      onStored.accept(applied.now().revision());
      waiters.forEach(Runnable::run);
    } else {
      // A successor under the same worker id took the book: the next heartbeat will tell. Claims
      // wait for ever, which is right, since they must not be made.
      return;
    }
    if (!waiting.isEmpty() && !writing) {
      send();
    }
  }
}
