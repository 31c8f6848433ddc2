package io.headrace.lease;

import io.headrace.kcl.Incarnation;
import io.headrace.kcl.ShardKey;
import io.headrace.lease.Held.Phase;
import io.headrace.lease.WorkerItem.State;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;

/**
 * The giver's side of a hand-over: what is offered to whom, and when a taker is ready. An active
 * worker offers what it holds above its share, a leaving one all. Lives on the coordinator's loop.
 */
final class Gives {
  private final Desk desk;
  private final Heart heart;
  private final Fleet fleet;
  private final Leases leases;
  private final Claims claims;
  private boolean looking;
  private boolean leaving;
  private long leavingSince;

  Gives(Desk desk, Heart heart, Fleet fleet, Leases leases, Claims claims) {
    this.desk = desk;
    this.heart = heart;
    this.fleet = fleet;
    this.leases = leases;
    this.claims = claims;
  }

  void begin() {
    looking = false;
    leaving = false;
  }

  /**
   * This worker leaves: every lease is offered, and wanted back from the worker once its taker is
   * ready, at once where there is no taker, and in any case after a while.
   */
  void leave() {
    if (!leaving) {
      leaving = true;
      leavingSince = desk.now();
      desk.after(desk.settings.takersWithin(), this::consider);
      consider();
    }
  }

  private boolean patienceIsOver() {
    return leaving && desk.now() - leavingSince >= desk.settings.takersWithin().toNanos();
  }

  void consider() {
    if (!heart.validAt(desk.now())) {
      return;
    }
    boolean changed = withdrawStale();
    if (heart.state() == State.DRAINING) {
      changed |= offerAll();
    } else if (heart.state() == State.ACTIVE
        && claims.nothingFree()
        && fleet.booksKnown()
        && fleet.view().agreed()) {
      changed |= balance();
    }
    if (changed) {
      leases.writeBook(() -> {});
    }
    lookForReady();
  }

  private boolean withdrawStale() {
    boolean changed = false;
    for (var lease : leases.all()) {
      if (lease.phase == Phase.OFFERED
          && (lease.taker == null
              || !fleet.view().isActive(lease.taker)
              || patienceIsOver()
              || leases.waited(lease, desk.settings.readyWithin()))) {
        leases.withdraw(lease);
        changed = true;
      }
    }
    return changed;
  }

  private boolean balance() {
    int offersMax = LeaseBalancer.offersMax(leases.all().size());
    long moving = leases.all().stream().filter(lease -> lease.phase != Phase.HELD).count();
    long room = offersMax - moving;
    boolean changed = false;
    var counts = fleet.counts(leases.book(), leases.flipped());
    for (var transfer : LeaseBalancer.transfers(counts, fleet.capacities())) {
      if (!transfer.from().equals(desk.self())) {
        continue;
      }
      for (var lease : longestHeld(Math.min(room, transfer.count()))) {
        leases.offer(lease, transfer.to());
        room--;
        changed = true;
      }
    }
    return changed;
  }

  private List<Held> longestHeld(long count) {
    return leases.all().stream()
        .filter(lease -> lease.phase == Phase.HELD)
        .sorted(Comparator.comparingLong((Held lease) -> lease.gainedAt - desk.now()))
        .limit(Math.max(0, count))
        .toList();
  }

  private boolean offerAll() {
    var counts = fleet.counts(leases.book(), leases.flipped());
    counts.remove(desk.self());
    Map<ShardKey, Held> mine = new HashMap<>();
    for (var lease : leases.all()) {
      if (lease.phase == Phase.HELD) {
        mine.put(lease.shard, lease);
      }
    }
    if (counts.isEmpty() || patienceIsOver()) {
      mine.values().forEach(leases::want); // Freed when the worker has drained them.
      return false;
    }
    var shards = mine.keySet().stream().sorted(ShardKeys.ORDER).toList();
    ClaimPlan.assign(shards, counts, fleet.capacities())
        .forEach(
            (shard, taker) -> {
              var lease = mine.get(shard);
              if (lease != null) {
                leases.offer(lease, taker);
              }
            });
    return !mine.isEmpty();
  }

  /** Reads the books of those to whom something is offered, until they are ready. */
  private void lookForReady() {
    var takers = new HashSet<Incarnation>();
    for (var lease : leases.all()) {
      if (lease.phase == Phase.OFFERED && lease.taker != null) {
        takers.add(lease.taker);
      }
    }
    if (looking || takers.isEmpty()) {
      return;
    }
    looking = true;
    desk.after(
        LeaseSettings.HAND_OVER_LOOK,
        () -> {
          looking = false;
          takers.forEach(this::look);
          lookForReady();
        });
  }

  private void look(Incarnation taker) {
    desk.read(
        () -> desk.table.book(desk.application, taker.workerId()),
        found ->
            found.ifPresent(
                book -> {
                  fleet.learn(book);
                  ready(taker, book.item());
                }),
        failure -> {});
  }

  private void ready(Incarnation taker, Book book) {
    if (!book.owner().equals(taker) || fleet.view().isQuiet(desk.now(), taker)) {
      return; // Who may be dead is given nothing: it would stand still until that is certain.
    }
    for (var shard : book.ready()) {
      var lease = leases.get(shard);
      if (lease != null && lease.phase == Phase.OFFERED && taker.equals(lease.taker)) {
        leases.want(lease);
      }
    }
  }
}
