package io.headrace.lease;

import io.headrace.kcl.Incarnation;
import io.headrace.lease.WorkerItem.State;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Decides when this worker is a standby: it holds nothing, there are more workers than shards, and
 * enough others are awake. It beats and looks seldom then, says so, and is woken by an offer, by a
 * shard that is free, or when too few others are left. Lives on the coordinator's loop.
 */
final class Standby {
  private final Desk desk;
  private final Heart heart;
  private final Fleet fleet;
  private final Roster roster;
  private final Leases leases;
  private final Takes takes;
  private final Claims claims;
  private final Gives gives;
  private boolean idle;
  private long idleSince;

  Standby(
      Desk desk,
      Heart heart,
      Fleet fleet,
      Roster roster,
      Leases leases,
      Takes takes,
      Claims claims,
      Gives gives) {
    this.desk = desk;
    this.heart = heart;
    this.fleet = fleet;
    this.roster = roster;
    this.leases = leases;
    this.takes = takes;
    this.claims = claims;
    this.gives = gives;
  }

  void begin() {
    idle = false;
  }

  /** After each look at the fleet, when everything else has been considered. */
  void consider() {
    if (isNeeded()) {
      idle = false;
      heart.wake();
    } else if (!heart.isStandby() && (!claims.nothingFree() || gives.isRolling())) {
      idle = false; // Who was restarted will be given what the next one leaves.
    } else if (!idle) {
      idle = true;
      idleSince = desk.now();
    } else if (desk.now() - idleSince >= desk.settings.standbyAfter().toNanos()) {
      heart.sleep();
    }
  }

  private boolean isNeeded() {
    return heart.state() != State.ACTIVE
        || !claims.isOpen()
        || claims.asking()
        || !leases.settled()
        || takes.any()
        || fleet.anythingOffered()
        || fleet.view().planVersion() < LeaseBalancer.STANDBYS_SINCE
        || isShortOfWorkers();
  }

  /** Nobody has to agree on this: who is awake without need costs requests, nothing else. */
  private boolean isShortOfWorkers() {
    var idlers = new TreeSet<Incarnation>();
    int holders = 0;
    for (var who : peers()) {
      var book = fleet.book(who);
      boolean holds = book != null && !book.holdings().isEmpty();
      holders += holds ? 1 : 0;
      if (!holds) {
        idlers.add(who);
      }
    }
    boolean enoughShards = roster.runnable().size() >= holders + idlers.size();
    long watchers = Math.max(0, LeaseSettings.AWAKE_MIN - holders);
    return enoughShards || idlers.headSet(desk.self()).size() < watchers;
  }

  /** Those who can take what this worker can, itself included. */
  private SortedSet<Incarnation> peers() {
    var peers = new TreeSet<Incarnation>();
    for (var who : fleet.view().active()) {
      if (roster.streams().stream().anyMatch(stream -> fleet.reads(who, stream))) {
        peers.add(who);
      }
    }
    peers.add(desk.self());
    return peers;
  }
}
