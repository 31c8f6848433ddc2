package io.headrace.lease;

import io.headrace.kcl.Incarnation;
import io.headrace.kcl.LeaseEvent;
import io.headrace.kcl.LeaseToken;
import io.headrace.kcl.ShardKey;
import io.headrace.lease.Held.Phase;
import io.headrace.lease.LeaseReason.Kind;
import io.headrace.lease.WorkerItem.State;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The leases in this worker's hands: claims, releases and hand-overs, each of them a write of one
 * lease row, with the book always saying at least as much as the rows. Lives on the coordinator's
 * loop.
 */
final class Leases {
  private final Desk desk;
  private final Heart heart;
  private final Roster roster;
  private final Consumer<LeaseEvent> events;
  private final SortedMap<ShardKey, Held> held = new TreeMap<>(ShardKeys.ORDER);
  private final BookKeeper keeper;
  private final Weights weights = new Weights();
  private ToIntFunction<ShardKey> weightElsewhere = shard -> 1;
  private Supplier<Set<ShardKey>> ready = Set::of;
  private Runnable onChange = () -> {};
  private boolean stopping;
  private long changes;

  /**
   * @param bookGone called when this worker's book was taken away from the table
   */
  Leases(Desk desk, Heart heart, Roster roster, Consumer<LeaseEvent> events, Runnable bookGone) {
    this.desk = desk;
    this.heart = heart;
    this.roster = roster;
    this.events = events;
    this.keeper = new BookKeeper(desk, this::book, heart::publishBook, bookGone);
  }

  /**
   * @param ready which offers of others are to stand in the book
   * @param weightElsewhere what a lease weighs as others tell it
   * @param onChange called when a lease came or went
   */
  void connect(
      Supplier<Set<ShardKey>> ready, ToIntFunction<ShardKey> weightElsewhere, Runnable onChange) {
    this.ready = ready;
    this.weightElsewhere = weightElsewhere;
    this.onChange = onChange;
  }

  void begin(Stored<Book> empty) {
    keeper.begin(empty);
  }

  /** The book as it should be now. */
  Book book() {
    var holdings = new TreeMap<>(held); // In its order already: it need not be sorted.
    holdings.values().removeIf(lease -> lease.phase == Phase.FLIPPED);
    var offers = new HashMap<ShardKey, Incarnation>();
    for (var lease : held.values()) {
      // Until the row is written: a taker that sees the offer gone looks at the row a last time.
      if (lease.phase != Phase.FLIPPED && lease.taker != null) {
        offers.put(lease.shard, lease.taker);
      }
    }
    return new Book(
        desk.self(), desk.profile(), holdings.keySet(), offers, ready.get(), weights.told());
  }

  /** What was handed over and is not acknowledged, and to whom. */
  Map<ShardKey, Incarnation> flipped() {
    var flipped = new HashMap<ShardKey, Incarnation>();
    for (var lease : held.values()) {
      if (lease.phase == Phase.FLIPPED && lease.taker != null) {
        flipped.put(lease.shard, lease.taker);
      }
    }
    return flipped;
  }

  void writeBook(Runnable then) {
    keeper.write(then);
  }

  Collection<Held> all() {
    return held.values();
  }

  /** Rises whenever a lease comes otherwise than by a claim, or goes. */
  long changes() {
    return changes;
  }

  boolean has(ShardKey shard) {
    return held.containsKey(shard);
  }

  /** How many claims are on their way. */
  int claiming() {
    return (int) held.values().stream().filter(lease -> lease.phase == Phase.CLAIMING).count();
  }

  @Nullable Held get(ShardKey shard) {
    return held.get(shard);
  }

  /** Makes a free lease, or one of the dead, ours. */
  void claim(Stored<LeaseRow> seen) {
    var lease = new Held(seen.item().shard());
    held.put(lease.shard, lease);
    keeper.write(
        () ->
            desk.update(
                seen,
                seen.item().ownedBy(desk.self()).because(claimed(seen.item().owner())),
                written -> {
                  if (written instanceof Written.Applied<LeaseRow> applied) {
                    own(lease, applied.now());
                  } else {
                    forget(lease);
                  }
                }));
  }

  private LeaseReason claimed(@Nullable Incarnation before) {
    return before == null
        ? desk.because(Kind.CLAIMED_FREE, "")
        : before.equals(desk.self())
            ? desk.because(Kind.CLAIMED_AGAIN, "")
            : desk.because(Kind.CLAIMED_FROM_GONE, before);
  }

  /** A lease that was handed to us and acknowledged. */
  void taken(Stored<LeaseRow> row) {
    var lease = new Held(row.item().shard());
    held.put(lease.shard, lease);
    changes++;
    lease.moved = true;
    own(lease, row);
    keeper.write(() -> {});
  }

  private void own(Held lease, Stored<LeaseRow> row) {
    lease.row = row;
    lease.taker = null;
    if (stopping) {
      free(lease, null, released());
      return;
    }
    var tenure = new HeldTenure(row.item().token(), heart);
    lease.tenure = tenure;
    lease.gainedAt = desk.now();
    weights.gained(lease.shard, weightElsewhere.applyAsInt(lease.shard), desk.now());
    lease.enter(Phase.HELD, desk.now());
    events.accept(new LeaseEvent.Gained(lease.shard, roster.describe(row.item()), tenure));
    onChange.run();
  }

  private void forget(Held lease) {
    if (held.remove(lease.shard, lease)) {
      changes++;
      weights.lost(lease.shard);
    }
    keeper.write(() -> {});
    onChange.run();
  }

  /**
   * Another worker may prepare for the lease.
   *
   * @param asleep whether it is a standby, which will see the offer later
   */
  void offer(Held lease, Incarnation taker, boolean asleep) {
    lease.taker = taker;
    lease.asleep = asleep;
    lease.enter(Phase.OFFERED, desk.now());
  }

  void withdraw(Held lease) {
    lease.taker = null;
    lease.look = null;
    lease.enter(Phase.HELD, desk.now());
  }

  /**
   * The taker is ready: the worker is asked to drain.
   *
   * @param look whether the taker is still there, asked beside the drain
   */
  void want(Held lease, TakerLook look) {
    lease.look = look;
    want(lease);
  }

  /** The worker is asked to drain: there is no taker, or no time to wait for one. */
  void want(Held lease) {
    lease.enter(Phase.WANTED, desk.now());
    // A function whose calls are all slow would otherwise never give anything.
    boolean longKept =
        lease.kept && desk.now() - lease.firstKeptAt >= desk.settings.dwell().toNanos();
    lease.canWait = heart.state() == State.ACTIVE && !longKept;
    events.accept(new LeaseEvent.Wanted(lease.shard, lease.canWait));
  }

  /** The worker would be long in draining: balance asks for something else, or later. */
  void keep(ShardKey shard, LeaseToken token) {
    var lease = running(shard, token);
    if (lease == null || lease.phase != Phase.WANTED) {
      return;
    }
    if (heart.state() != State.ACTIVE) {
      want(lease); // It was asked before this worker began to leave.
      return;
    }
    withdraw(lease);
    if (!lease.kept) {
      lease.kept = true;
      lease.firstKeptAt = desk.now();
    }
    lease.keptUntil = desk.now() + LeaseSettings.KEPT_FOR.toNanos();
    keeper.write(() -> {});
  }

  /** What flowed lately in each shard. */
  void measure(Map<ShardKey, Long> bytesPerSecond) {
    if (weights.measure(bytesPerSecond, desk.now())) {
      keeper.write(onChange);
    }
  }

  /**
   * The lease that the worker runs under this token. Null when it is over, or when the worker means
   * a former tenure because it has not heard yet that it lost the shard and gained it anew.
   */
  private @Nullable Held running(ShardKey shard, LeaseToken token) {
    var lease = held.get(shard);
    boolean meant =
        lease != null
            && lease.running()
            && lease.tenure != null
            && lease.tenure.token().equals(token);
    return meant ? lease : null;
  }

  private LeaseReason takenBack() {
    return desk.because(Kind.TAKEN_BACK, "its taker");
  }

  private LeaseReason released() {
    return desk.because(Kind.RELEASED, desk.self());
  }

  /**
   * The worker has drained the shard, or can't go on with it.
   *
   * @param failure what failed; null when nothing did
   */
  void release(ShardKey shard, LeaseToken token, @Nullable String failure) {
    var lease = running(shard, token);
    if (lease == null) {
      return;
    }
    stopRunning(lease);
    var taker = lease.taker; // To whom it is offered, whether it was wanted yet or not.
    if (failure != null) {
      free(lease, desk.self(), desk.because(Kind.GIVEN_UP, failure));
    } else if (taker != null) {
      handOver(lease, taker);
    } else {
      free(lease, null, released());
    }
  }

  /** The worker has drained the shard and runs it again, under the next epoch. */
  void restart(ShardKey shard, LeaseToken token, String reason) {
    var lease = running(shard, token);
    if (lease == null) {
      return;
    }
    if (lease.phase == Phase.WANTED) {
      release(shard, token, null); // A taker is ready: it begins anew there.
      return;
    }
    stopRunning(lease);
    lease.taker = null;
    keepOrFree(lease, desk.because(Kind.RESTARTED, reason));
  }

  private void stopRunning(Held lease) {
    if (lease.tenure != null) {
      lease.tenure.end();
    }
    lease.enter(Phase.LEAVING, desk.now());
  }

  /** All functions have ended the shard. */
  void end(ShardKey shard, LeaseToken token, Consumer<Stored<LeaseRow>> then) {
    var lease = running(shard, token);
    if (lease == null) {
      return;
    }
    stopRunning(lease);
    lease.taker = null;
    change(
        lease,
        row -> row.asEnded().because(desk.because(Kind.ENDED, "")),
        row -> {
          forget(lease);
          then.accept(row);
        });
  }

  private void free(Held lease, @Nullable Incarnation avoid, LeaseReason reason) {
    lease.taker = null;
    lease.enter(Phase.LEAVING, desk.now());
    change(lease, row -> row.released(avoid).because(reason), row -> forget(lease));
  }

  /** Writes the row of a lease that is ours; if it is ours no longer, forgets it. */
  private void change(Held lease, UnaryOperator<LeaseRow> how, Consumer<Stored<LeaseRow>> applied) {
    var row = Objects.requireNonNull(lease.row, "no row");
    desk.update(
        row,
        how.apply(row.item()),
        written -> {
          if (written instanceof Written.Applied<LeaseRow> done) {
            lease.row = done.now();
            applied.accept(done.now());
          } else if (written instanceof Written.Refused<LeaseRow> refused) {
            var found = refused.found();
            boolean ours =
                found != null
                    && desk.self().equals(found.item().owner())
                    && found.item().epoch() == row.item().epoch();
            if (ours) {
              // Something beside the ownership was changed: the same again, on top of it.
              lease.row = found;
              change(lease, how, applied);
            } else {
              forget(lease);
            }
          }
        });
  }

  /** Names the taker in the row, if it still takes it. */
  private void handOver(Held lease, Incarnation taker) {
    var asked = lease.look;
    var look =
        asked != null && asked.isOf(taker, desk.now()) ? asked : TakerLook.begin(desk, taker);
    look.then(
        lease.shard,
        willing -> {
          if (willing) {
            change(
                lease,
                row -> row.handedTo(taker, desk.self()).because(given()),
                row -> {
                  lease.enter(Phase.FLIPPED, desk.now());
                  keeper.write(() -> {});
                  watch(lease);
                });
          } else {
            keepOrFree(lease, takenBack());
          }
        });
  }

  private LeaseReason given() {
    boolean active = heart.state() == State.ACTIVE && !stopping;
    return desk.because(active ? Kind.MOVED_FOR_BALANCE : Kind.HANDED_OVER_AT_STOP, desk.self());
  }

  /** The lease begins anew here, under the next epoch, or is free. */
  private void keepOrFree(Held lease, LeaseReason kept) {
    if (heart.state() == State.ACTIVE && !stopping) {
      var row = Objects.requireNonNull(lease.row, "no row");
      desk.update(
          row,
          row.item().ownedBy(desk.self()).because(kept),
          written -> {
            if (written instanceof Written.Applied<LeaseRow> applied) {
              own(lease, applied.now());
              keeper.write(() -> {});
            } else {
              forget(lease);
            }
          });
    } else {
      free(lease, null, released());
    }
  }

  /** Waits for the taker's acknowledgement, and takes the lease back when there is none. */
  private void watch(Held lease) {
    desk.after(
        LeaseSettings.HAND_OVER_LOOK,
        () ->
            desk.readUntilAnswered(
                () -> desk.table.lease(desk.application, lease.shard),
                found -> {
                  if (found.isEmpty() || !desk.self().equals(found.get().item().from())) {
                    forget(lease);
                  } else if (waited(lease, LeaseSettings.ACKNOWLEDGED_WITHIN)) {
                    takeBack(lease, found.get());
                  } else {
                    watch(lease);
                  }
                },
                // Whoever it names once it is mended claims it, or others when that one has gone.
                edited -> forget(lease)));
  }

  /** Either this write or the taker's acknowledgement finds the row unchanged, never both. */
  private void takeBack(Held lease, Stored<LeaseRow> unacknowledged) {
    boolean keep = heart.state() == State.ACTIVE && !stopping;
    lease.enter(keep ? Phase.CLAIMING : Phase.LEAVING, desk.now());
    lease.taker = null;
    var row = unacknowledged.item();
    keeper.write(
        () ->
            desk.update(
                unacknowledged,
                keep
                    ? row.ownedBy(desk.self()).because(takenBack())
                    : row.released(null).because(released()),
                written -> {
                  if (keep && written instanceof Written.Applied<LeaseRow> applied) {
                    own(lease, applied.now());
                  } else {
                    forget(lease);
                  }
                }));
  }

  boolean waited(Held lease, Duration span) {
    return desk.now() - lease.since >= span.toNanos();
  }

  /** Frees everything; what is claimed meanwhile is freed when the claim is answered. */
  void freeAll() {
    stopping = true;
    for (var lease : List.copyOf(held.values())) {
      if (lease.running()) {
        stopRunning(lease);
        free(lease, null, released());
      }
    }
  }

  /** Whether every lease has been freed, ended, or handed over and acknowledged. */
  boolean settled() {
    return held.isEmpty();
  }

  /** The heartbeat was another's: nothing is ours any more. */
  void loseAll(String reason) {
    var lost = List.copyOf(held.values());
    held.clear();
    changes++;
    weights.clear();
    for (var lease : lost) {
      if (lease.tenure != null) {
        lease.tenure.end();
      }
      if (lease.running()) {
        events.accept(new LeaseEvent.Lost(lease.shard, reason));
      }
    }
  }
}
