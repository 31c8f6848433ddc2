package io.headrace.lease;

import io.headrace.kcl.loop.EventLoop;
import io.headrace.lease.WorkerItem.State;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Keeps this worker alive in the eyes of others, and knows until when its leases hold. Every write
 * of the heartbeat item vouches for all leases, so none is sent unless the worker loop has just
 * turned over. Lives on the coordinator's loop; {@link #validAt} may be asked from any thread.
 */
final class Heart {
  private final Desk desk;
  private final Consumer<Runnable> turned;
  private final Consumer<@Nullable Stored<WorkerItem>> onGone;
  private @Nullable Stored<WorkerItem> mine;
  private long highestSent;
  private State state = State.ACTIVE;
  private long book;
  private long roster;
  private int members;
  private boolean standby;
  private Runnable onAwake = () -> {};
  private boolean asked;
  private boolean writing;
  private boolean changed;
  private @Nullable Runnable departed;
  private EventLoop.@Nullable Scheduled next;
  private volatile boolean proven;
  private volatile long validUntil;

  /**
   * @param turned answers once the worker loop has turned over
   * @param onGone told when the item is another's, with what was found
   */
  Heart(Desk desk, Consumer<Runnable> turned, Consumer<@Nullable Stored<WorkerItem>> onGone) {
    this.desk = desk;
    this.turned = turned;
    this.onGone = onGone;
  }

  /** Told when others can see that this worker is no standby any more. */
  void onAwake(Runnable action) {
    onAwake = action;
  }

  /** Begins to beat; the registration was the first beat. */
  void begin(Stored<WorkerItem> registered, long sentAt) {
    mine = registered;
    highestSent = registered.revision();
    book = 0;
    members = 0;
    standby = false;
    asked = false;
    writing = false;
    prove(registered.item(), sentAt);
    scheduleFrom(sentAt);
  }

  /** The heartbeat item is no longer ours: no lease holds until {@link #begin} is called again. */
  void end() {
    proven = false;
    mine = null;
    if (next != null) {
      next.cancel();
    }
  }

  /** Whether the last confirmed heartbeat was sent less than the lease time ago. */
  boolean validAt(long ticks) {
    return proven && !desk.closed() && ticks - validUntil < 0;
  }

  State state() {
    return state;
  }

  void drain() {
    if (state == State.ACTIVE) {
      state = State.DRAINING;
      quicken();
      publish();
    }
  }

  /** This worker holds nothing and is not needed soon: from now on it beats seldom. */
  void sleep() {
    if (!standby && state == State.ACTIVE) {
      standby = true;
      publish();
    }
  }

  /** It is about to be needed: nothing may be held before {@link #awake}. */
  void wake() {
    if (standby) {
      quicken();
      publish();
    }
  }

  /**
   * From the moment at which a heartbeat with the shorter lease time is sent, others may judge by
   * that one, whether this worker hears of its arrival or not.
   */
  private void quicken() {
    if (standby) {
      standby = false;
      long until = desk.now() + desk.settings.validity().toNanos();
      if (proven && until - validUntil < 0) {
        validUntil = until;
      }
    }
  }

  boolean isStandby() {
    return standby;
  }

  /** Whether the table says, too, that this worker is no standby: only then may it hold a lease. */
  boolean awake() {
    return !standby && mine != null && !mine.item().standby();
  }

  void publishBook(long revision) {
    if (revision > book) {
      book = revision;
      publish();
    }
  }

  void publishRoster(long revisions) {
    if (revisions > roster) {
      roster = revisions;
      publish();
    }
  }

  void publishMembers(int hash) {
    if (hash != members) {
      members = hash;
      publish();
    }
  }

  /** Farewell: nobody waits for this worker any more. Needs no worker loop. */
  void depart(Runnable then) {
    state = State.DEPARTED;
    departed = then;
    if (!writing) {
      send();
    }
  }

  private void publish() {
    changed = true;
    beat();
  }

  /** Asks the worker loop; the heartbeat follows its answer. */
  private void beat() {
    if (asked || writing || mine == null || departed != null) {
      return;
    }
    asked = true;
    var answer = desk.inThisLife(this::turnedOver);
    turned.accept(() -> desk.post(answer));
  }

  private void turnedOver() {
    if (asked && !writing && departed == null) {
      asked = false;
      send();
    }
  }

  private void send() {
    var seen = Objects.requireNonNull(mine, "not registered");
    writing = true;
    changed = false;
    if (next != null) {
      next.cancel();
    }
    long sentAt = desk.now();
    long revision = ++highestSent;
    var token = desk.token();
    var settings = desk.settings;
    var now =
        seen.item()
            .publishing(state, book, roster, members)
            .beating(standby, standby ? settings.standbyLeaseTime() : settings.leaseTime());
    desk.readOrLate(
        () -> desk.table.beat(desk.application, seen, now, revision, token),
        written -> answered(written, sentAt),
        failure -> again(desk.jittered(desk.settings.again())),
        written -> answeredLate(written, sentAt));
  }

  /**
   * Without an answer the next heartbeat is another one, with a higher revision: it is a sign of
   * life whether or not the last one arrived.
   */
  private void again(Duration pause) {
    writing = false;
    next = desk.after(pause, departed == null ? this::beat : this::send);
  }

  private void answered(Written<WorkerItem> written, long sentAt) {
    if (written instanceof Written.Applied<WorkerItem> applied) {
      confirmed(applied.now(), sentAt);
    } else if (written instanceof Written.Refused<WorkerItem> refused) {
      var found = refused.found();
      if (found != null
          && found.item().incarnation().equals(desk.self())
          && !found.item().state().gone()) {
        highestSent = Math.max(highestSent, found.revision());
        mine = found; // Whoever put it back by hand made another item of it.
        again(Duration.ZERO);
        return;
      }
      writing = false;
      boolean farewell =
          departed != null
              && found != null
              && found.item().incarnation().equals(desk.self())
              && found.item().state() == State.DEPARTED;
      if (farewell) {
        Objects.requireNonNull(departed).run(); // A former copy of it was applied.
      } else {
        onGone.accept(found);
      }
    }
  }

  /**
   * A heartbeat that was taken for lost did arrive: where every answer is late, it is what counts.
   */
  private void answeredLate(Written<WorkerItem> written, long sentAt) {
    if (!(written instanceof Written.Applied<WorkerItem> applied) || mine == null) {
      return;
    }
    boolean newest = applied.now().revision() > mine.revision();
    if (newest && !writing && !asked) {
      confirmed(applied.now(), sentAt);
    } else {
      prove(applied.now().item(), sentAt);
    }
  }

  private void confirmed(Stored<WorkerItem> now, long sentAt) {
    writing = false;
    boolean wasAwake = awake();
    mine = now;
    if (now.item().state() == State.DEPARTED) {
      Objects.requireNonNull(departed).run();
      return;
    }
    prove(now.item(), sentAt);
    if (departed != null) {
      send();
    } else if (changed) {
      beat();
    } else {
      scheduleFrom(sentAt);
    }
    if (!wasAwake && awake()) {
      onAwake.run();
    }
  }

  /** While it is no standby, or will be none, the shorter time counts whatever is in the table. */
  private void prove(WorkerItem sent, long sentAt) {
    var validity = standby ? LeaseSettings.validity(sent.leaseTime()) : desk.settings.validity();
    long until = sentAt + validity.toNanos();
    if (!proven || until - validUntil > 0) {
      validUntil = until;
    }
    proven = true;
  }

  private void scheduleFrom(long sentAt) {
    if (next != null) {
      next.cancel();
    }
    var since = Duration.ofNanos(desk.now() - sentAt);
    var pause = standby ? desk.settings.standbyHeartbeat() : desk.settings.heartbeat();
    next = desk.after(pause.minus(since), this::beat);
  }
}
