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
  private final Runnable onGone;
  private @Nullable Stored<Book> stored;
  private List<Runnable> waiting = new ArrayList<>();
  private boolean writing;

  /**
   * @param content the book as it should be now
   * @param onStored told the revision of each book that is stored
   * @param onGone told when the book is not in the table any more
   */
  BookKeeper(Desk desk, Supplier<Book> content, LongConsumer onStored, Runnable onGone) {
    this.desk = desk;
    this.content = content;
    this.onStored = onStored;
    this.onGone = onGone;
  }

  void begin(Stored<Book> empty) {
    stored = empty;
    waiting = new ArrayList<>();
    writing = false;
    onStored.accept(empty.revision());
    auditLater();
  }

  /** Who has nothing to write would never learn that its book is not its own any more. */
  private void auditLater() {
    desk.after(desk.jittered(desk.settings.recheck()), this::audit);
  }

  private void audit() {
    auditLater();
    var seen = stored;
    desk.read(
        () -> desk.table.book(desk.application, desk.self().workerId()),
        found -> {
          if (writing || !Objects.equals(seen, stored)) {
            return;
          }
          if (found.isEmpty()) {
            onGone.run();
          } else if (!found.get().item().owner().equals(desk.self())) {
            takeBack(found.get());
          }
        },
        failure -> {}); // the next audit asks again
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
    if (written instanceof Written.Applied<Book> applied) {
      writing = false;
      stored = applied.now();
      onStored.accept(applied.now().revision());
      waiters.forEach(Runnable::run);
      if (!waiting.isEmpty() && !writing) {
        send();
      }
    } else if (written instanceof Written.Refused<Book> refused) {
      waiting.addAll(0, waiters);
      if (refused.found() == null) {
        onGone.run();
      } else {
        takeBack(refused.found());
      }
    }
  }

  /**
   * Another life wrote the book. If it is a successor, the next heartbeat will tell; claims wait
   * for ever, which is right, since they must not be made. If the heartbeat item is still ours, a
   * former life came late, and without the book nothing could ever be claimed or given again. The
   * book was found before the item is read, so a successor's is never overwritten.
   */
  private void takeBack(Stored<Book> found) {
    writing = true;
    desk.readOwnItem(
        item -> {
          if (item.isPresent() && item.get().item().livesAs(desk.self())) {
            writing = false;
            stored = found;
            send();
          }
        });
  }
}
