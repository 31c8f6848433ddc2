package io.headrace.lease;

import io.headrace.kcl.Incarnation;
import io.headrace.kcl.ShardKey;
import io.headrace.lease.Held.Phase;
import io.headrace.lease.WorkerItem.State;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

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
  private final Deployments deployments;
  private boolean looking;
  private boolean leaving;
  private long leavingSince;

  /** Who was not ready for an offer in time, and when that was seen. */
  private final Map<Incarnation, Long> passedOver = new HashMap<>();

  /** Moving has begun and goes on until the fleet is as even as it can be. */
  private boolean evening;

  /** Found to be as even as they can be: nothing is to be given while they stay. */
  private @Nullable Map<Incarnation, LeaseBalancer.Load> even;

  private SortedSet<Incarnation> members = new TreeSet<>();
  private long membersSince;

  Gives(
      Desk desk, Heart heart, Fleet fleet, Leases leases, Claims claims, Deployments deployments) {
    this.desk = desk;
    this.heart = heart;
    this.fleet = fleet;
    this.leases = leases;
    this.claims = claims;
    this.deployments = deployments;
  }

  void begin() {
    looking = false;
    leaving = false;
    evening = false;
    even = null;
    passedOver.clear();
    membersSince = desk.now();
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
    noteMembers();
    boolean changed = withdrawStale();
    if (heart.state() == State.DRAINING) {
      changed |= offerAll();
    } else if (heart.state() == State.ACTIVE
        && claims.nothingFree()
        && fleet.booksKnown()
        && fleet.view().agreed(desk.now())) {
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
              || passOver(lease, lease.taker))) {
        leases.withdraw(lease);
        changed = true;
      }
    }
    return changed;
  }

  /** Who was not ready in time is offered nothing for a while, or it would be asked for ever. */
  private boolean passOver(Held lease, Incarnation taker) {
    var settings = desk.settings;
    boolean late =
        leases.waited(lease, lease.asleep ? settings.standbyReadyWithin() : settings.readyWithin());
    if (late) {
      passedOver.put(taker, desk.now());
    }
    return late;
  }

  /** Whether something of what is held here may be offered to the worker. */
  private boolean mayTake(Incarnation who) {
    return leases.all().stream().anyMatch(lease -> fleet.reads(who, lease.shard.stream()));
  }

  /**
   * Gives what is above this worker's share. A fleet that is being restarted is left alone: who
   * comes back is filled by those that leave next, so that most shards move once and not twice.
   */
  @SuppressWarnings("ReferenceEquality") // The same map until something of it changes.
  private boolean balance() {
    if (isRolling()) {
      return false;
    }
    var all = fleet.loads(leases.book(), leases.flipped());
    var unsteady = fleet.view().unsteady(desk.now());
    if (all == even && unsteady.isEmpty()) {
      return false;
    }
    var loads = new HashMap<>(all);
    loads
        .keySet()
        .removeIf(who -> !who.equals(desk.self()) && (unsteady.contains(who) || !mayTake(who)));
    var plan = LeaseBalancer.plan(loads, fleet.capacities());
    evening &= !plan.isEmpty();
    even = plan.isEmpty() && unsteady.isEmpty() ? all : null;
    if (plan.isEmpty()) {
      return false;
    }
    evening |= LeaseBalancer.isUneven(loads, fleet.capacities());
    if (!evening) {
      return false;
    }
    int offersMax = LeaseBalancer.offersMax(leases.all().size());
    long room =
        offersMax - leases.all().stream().filter(lease -> lease.phase != Phase.HELD).count();
    boolean changed = false;
    for (var move : plan) {
      if (room <= 0) {
        break;
      }
      var lease = move.from().equals(desk.self()) ? toBeMoved(move) : null;
      if (lease != null) {
        leases.offer(lease, move.to(), fleet.view().isStandby(move.to()));
        room--;
        changed = true;
      }
    }
    return changed;
  }

  boolean isRolling() {
    return fleet.view().isRestarting(desk.now())
        || (!fleet.view().newcomers(desk.now()).isEmpty()
            && Deployments.isMixed(fleet.profiles().values()));
  }

  /** What was held longest, of that weight; null when all of it has to stay for now. */
  private @Nullable Held toBeMoved(LeaseBalancer.Move move) {
    long now = desk.now();
    passedOver.values().removeIf(since -> now - since >= desk.settings.leaseTime().toNanos());
    var profile = fleet.profiles().get(move.to());
    if (profile == null || passedOver.containsKey(move.to()) || !deployments.canRead(profile)) {
      return null;
    }
    return leases.all().stream()
        .filter(lease -> lease.phase == Phase.HELD && now - lease.keptUntil >= 0)
        .filter(lease -> profile.reads(lease.shard.stream()))
        .filter(lease -> fleet.weight(lease.shard) == move.weight())
        .filter(lease -> !dwells(lease, now))
        .min(Comparator.comparingLong((Held lease) -> lease.gainedAt - now))
        .orElse(null);
  }

  private boolean dwells(Held lease, long now) {
    boolean changedSince = membersSince - lease.gainedAt > 0;
    return lease.moved && !changedSince && now - lease.gainedAt < desk.settings.dwell().toNanos();
  }

  private void noteMembers() {
    var steady = fleet.view().steady(desk.now());
    if (!steady.equals(members)) {
      members = steady;
      membersSince = desk.now();
    }
  }

  private boolean offerAll() {
    var totals = fleet.totals(leases.book(), leases.flipped());
    totals.remove(desk.self());
    totals.keySet().removeIf(who -> fleet.view().isQuiet(desk.now(), who));
    var awake = new HashSet<>(totals.keySet());
    fleet.retainAwake(awake);
    var takers = deployments.takers(awake, fleet.profiles());
    totals
        .keySet()
        .retainAll(
            takers.isEmpty() ? deployments.takers(totals.keySet(), fleet.profiles()) : takers);
    Map<ShardKey, Held> mine = new HashMap<>();
    for (var lease : leases.all()) {
      if (lease.phase == Phase.HELD) {
        mine.put(lease.shard, lease);
      }
    }
    if (totals.isEmpty() || patienceIsOver()) {
      mine.values().forEach(leases::want); // Freed when the worker has drained them.
      return false;
    }
    var assigned =
        ClaimPlan.assign(fleet.weighed(mine.keySet()), totals, fleet.capacities(), fleet::reads);
    mine.forEach(
        (shard, lease) -> {
          var taker = assigned.get(shard);
          if (taker == null) {
            leases.want(lease); // Nobody reads its stream.
          } else {
            leases.offer(lease, taker, fleet.view().isStandby(taker));
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
    var given =
        book.ready().stream()
            .map(leases::get)
            .filter(Objects::nonNull)
            .filter(lease -> lease.phase == Phase.OFFERED && taker.equals(lease.taker))
            .toList();
    if (!given.isEmpty()) {
      var look = TakerLook.begin(desk, book);
      given.forEach(lease -> leases.want(lease, look));
    }
  }
}
