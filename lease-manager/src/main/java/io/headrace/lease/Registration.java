package io.headrace.lease;

import io.headrace.kcl.Incarnation;
import io.headrace.kcl.LeaseException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Enters an incarnation into the table: its heartbeat item first, which from then on stops whoever
 * had the worker id before, then an empty book.
 */
final class Registration {
  private static final Logger LOG = LoggerFactory.getLogger(HeartbeatCoordinator.class);
  private static final int RACES_MAX = 10;

  private final Desk desk;
  private final Consumer<Done> then;
  private final Consumer<LeaseException> failed;
  private final @Nullable Consumer<Incarnation> yielded;
  private final Consumer<@Nullable Stored<WorkerItem>> gone;
  private int races;

  /** What was stored, and when the heartbeat item was sent: it is the first heartbeat. */
  record Done(Stored<WorkerItem> worker, long sentAt, Stored<Book> book) {}

  /**
   * @param failed told why there is no registration, also when this worker's items can't be read
   * @param yielded null at the start of a process, which replaces whoever has its worker id; later
   *     a process that was declared dead yields to one that was started since, and is told to whom
   * @param gone told when the heartbeat item was another's, or buried, before the book was open,
   *     with what was found
   */
  Registration(
      Desk desk,
      Consumer<Done> then,
      Consumer<LeaseException> failed,
      @Nullable Consumer<Incarnation> yielded,
      Consumer<@Nullable Stored<WorkerItem>> gone) {
    this.desk = desk;
    this.then = then;
    this.failed = failed;
    this.yielded = yielded;
    this.gone = gone;
  }

  void run() {
    if (races++ == RACES_MAX) {
      failed.accept(
          new LeaseException(
              "worker id "
                  + desk.self().workerId()
                  + " is being registered by others again and again: give each worker its own id"));
      return;
    }
    desk.readPatiently(
        () -> desk.table.worker(desk.application, desk.self().workerId()), this::enter, failed);
  }

  private void enter(Optional<Stored<WorkerItem>> before) {
    long sentAt = desk.now();
    var token = desk.token();
    var leaseTime = desk.settings.leaseTime();
    if (before.isEmpty()) {
      // Where somebody deleted the item of a former life, nobody else knows that it has ended.
      var former = desk.former();
      var first =
          former == null
              ? WorkerItem.starting(desk.self(), leaseTime)
              : WorkerItem.startingAfter(former, desk.self(), leaseTime);
      desk.readPatiently(
          () -> desk.table.create(desk.application, first, token),
          written -> entered(written, sentAt),
          failed);
      return;
    }
    var item = before.get().item();
    if (yielded != null && !item.state().gone() && !desk.wasOurs(item.incarnation())) {
      yielded.accept(item.incarnation());
      return;
    }
    boolean ours = desk.wasOurs(item.incarnation());
    if (!item.state().gone() && !ours) {
      LOG.warn(
          "{} of {} replaces {}, which did not leave in order: what it held is free after {}",
          desk.self(),
          desk.application,
          item.incarnation(),
          item.leaseTime());
    }
    // A former life of this very process has ended whatever it ran: nobody waits for it.
    var grace = item.state().gone() || ours ? Duration.ZERO : item.leaseTime();
    var next = WorkerItem.replacing(item, desk.self(), leaseTime, grace);
    desk.readPatiently(
        () -> desk.table.update(desk.application, before.get(), next, token),
        written -> entered(written, sentAt),
        failed);
  }

  private void entered(Written<WorkerItem> written, long sentAt) {
    if (written instanceof Written.Applied<WorkerItem> applied) {
      openBook(applied.now(), sentAt);
    } else {
      run();
    }
  }

  /**
   * The book is read first, then the heartbeat item, then the book is written on top of what was
   * read. So who was replaced meanwhile, and comes late, leaves the book of its successor alone:
   * either it sees the successor in the item, or the successor opens the book after it.
   */
  private void openBook(Stored<WorkerItem> worker, long sentAt) {
    desk.readUntilAnswered(
        () -> desk.table.book(desk.application, desk.self().workerId()),
        before ->
            desk.readOwnItem(
                item -> {
                  if (item.isPresent() && item.get().item().livesAs(desk.self())) {
                    openBook(worker, sentAt, before);
                  } else {
                    gone.accept(item.orElse(null));
                  }
                }),
        failed::accept);
  }

  private void openBook(Stored<WorkerItem> worker, long sentAt, Optional<Stored<Book>> before) {
    var empty = Book.empty(desk.self(), desk.profile());
    Consumer<Written<Book>> opened =
        written -> {
          if (written instanceof Written.Applied<Book> applied) {
            then.accept(new Done(worker, sentAt, applied.now()));
          } else {
            openBook(worker, sentAt); // The former life wrote its last.
          }
        };
    if (before.isPresent()) {
      desk.update(before.get(), empty, opened);
    } else {
      desk.create(empty, opened);
    }
  }
}
