package io.headrace.lease;

import java.time.Duration;

/**
 * How quickly a fleet notices, and how much each worker takes.
 *
 * @param leaseTime F: how long a silent worker is thought alive; at least 1 s. A crash costs at
 *     most 1.2 F + 1 s. Workers of one fleet may differ
 * @param capacity the worker's share of the leases against the others'; a power of two up to {@link
 *     #CAPACITY_MAX}
 * @param settle how long a starting worker waits for others that start with it before it claims
 */
public record LeaseSettings(Duration leaseTime, int capacity, Duration settle) {
  public static final int CAPACITY_MAX = 64;

  /** How often those who take part in a hand-over look at each other. */
  static final Duration HAND_OVER_LOOK = Duration.ofMillis(150);

  /** How often a taker that is ready looks whether the shard is its own. */
  static final Duration ROW_LOOK = Duration.ofMillis(50);

  /** Books that come within this time are considered together. */
  static final Duration BOOKS_GATHERED = Duration.ofMillis(10);

  /** An unacknowledged hand-over is taken back after this. */
  static final Duration ACKNOWLEDGED_WITHIN = Duration.ofSeconds(2);

  /** A lease with a slow call is not asked for again for so long, unless its worker leaves. */
  static final Duration KEPT_FOR = Duration.ofSeconds(5);

  /** A claimer's second choice waits so long for the first. */
  static final Duration SECOND_CHOICE = Duration.ofSeconds(1);

  /** After so long any worker may claim. */
  static final Duration ANY_CHOICE = Duration.ofSeconds(3);

  /**
   * The first and the longest pause before a lease that could not be claimed is looked at again.
   */
  static final Duration LOOK_AGAIN_FIRST = Duration.ofMillis(100);

  static final Duration LOOK_AGAIN_MAX = Duration.ofSeconds(1);

  /**
   * So many workers of a stream are awake at least, whether they hold anything or not: when one of
   * them dies, another one notices as soon as ever.
   */
  static final int AWAKE_MIN = 2;

  /** A standby may be thought alive for so many lease times, and beats as much more seldom. */
  static final int STANDBY_SLOWER = 5;

  /** How many items are read or made at once. */
  static final int REQUESTS_MAX = 64;

  /**
   * How many claims are under way at once: few, so that the first shards run while the others are
   * still claimed, and enough to have a thousand within seconds.
   */
  static final int CLAIMS_MAX = 16;

  /** After so long a request of the registration counts as unanswered. */
  static final Duration REGISTRATION_LIMIT = Duration.ofSeconds(5);

  private static final Duration FAST_LOOK = Duration.ofMillis(200);
  private static final Duration LEASE_TIME_MIN = Duration.ofSeconds(1);
  static final Duration LEASE_TIME_MAX = Duration.ofHours(1);
  private static final Duration REQUEST_MIN = Duration.ofMillis(200);
  private static final Duration REQUEST_MAX = Duration.ofSeconds(1);

  /** A lease time of 10 s. */
  public static final LeaseSettings DEFAULT =
      new LeaseSettings(Duration.ofSeconds(10), 1, Duration.ofMillis(500));

  public LeaseSettings {
    if (leaseTime.compareTo(LEASE_TIME_MIN) < 0 || leaseTime.compareTo(LEASE_TIME_MAX) > 0) {
      throw new IllegalArgumentException(
          "leaseTime " + leaseTime + ": must be between 1 s and 1 h");
    }
    if (capacity < 1 || capacity > CAPACITY_MAX || Integer.bitCount(capacity) != 1) {
      throw new IllegalArgumentException(
          "capacity " + capacity + ": must be a power of two between 1 and " + CAPACITY_MAX);
    }
    if (settle.isNegative() || settle.compareTo(leaseTime) > 0) {
      throw new IllegalArgumentException(
          "settle " + settle + ": must be between 0 and the lease time");
    }
  }

  public LeaseSettings withLeaseTime(Duration leaseTime) {
    return new LeaseSettings(leaseTime, capacity, settle);
  }

  public LeaseSettings withCapacity(int capacity) {
    return new LeaseSettings(leaseTime, capacity, settle);
  }

  /** 0.4 F: two may be late before a lease is in doubt. */
  Duration heartbeat() {
    return leaseTime.multipliedBy(2).dividedBy(5);
  }

  /** 0.2 F. */
  Duration viewPoll() {
    return leaseTime.dividedBy(5);
  }

  /** 2.5 polls: after a longer gap silence counts anew. */
  Duration viewGapMax() {
    return viewPoll().multipliedBy(5).dividedBy(2);
  }

  /** The view poll while somebody leaves or leases move. */
  Duration busyViewPoll() {
    return viewPoll().compareTo(FAST_LOOK) < 0 ? viewPoll() : FAST_LOOK;
  }

  /** 2 F: how often a worker beats that holds nothing and is not needed soon. */
  Duration standbyHeartbeat() {
    return leaseTime.multipliedBy(2);
  }

  /**
   * 0.8 F: how often it looks. Others beat twice between two looks, so whoever did not is silent,
   * and is judged before the next one.
   *
   * @param shortest the lease time of others, where it is shorter
   */
  Duration standbyPoll(Duration shortest) {
    return least(shortest).multipliedBy(4).dividedBy(5);
  }

  /**
   * 0.9 F: a standby whose look failed begins to listen anew. If it counted silence across a table
   * that was out of reach for F, it would bury whoever is not the first to beat again.
   */
  Duration standbyViewGapMax(Duration shortest) {
    return least(shortest).multipliedBy(9).dividedBy(10);
  }

  private Duration least(Duration shortest) {
    return shortest.compareTo(leaseTime) < 0 ? shortest : leaseTime;
  }

  /** 5 F, in the same proportion to its heartbeat as F: how long it may be thought alive. */
  Duration standbyLeaseTime() {
    return leaseTime.multipliedBy(STANDBY_SLOWER);
  }

  /** A worker that came to hold nothing stays awake for so long. */
  Duration standbyAfter() {
    return leaseTime.multipliedBy(2);
  }

  /** F less 1 %, for clocks that do not run alike. */
  Duration validity() {
    return validity(leaseTime);
  }

  static Duration validity(Duration leaseTime) {
    return leaseTime.multipliedBy(99).dividedBy(100);
  }

  /** When a request without an answer is sent again. */
  Duration request() {
    var tenth = leaseTime.dividedBy(10);
    if (tenth.compareTo(REQUEST_MIN) < 0) {
      return REQUEST_MIN;
    }
    return tenth.compareTo(REQUEST_MAX) > 0 ? REQUEST_MAX : tenth;
  }

  /** The longest wait before a failed request is sent again; the shortest is half of it. */
  Duration again() {
    return request().dividedBy(3);
  }

  /** How long a taker has until it is ready: it sees the offer within a poll. */
  Duration readyWithin() {
    return viewPoll().multipliedBy(3).plusSeconds(2);
  }

  /** The same of a standby, which looks more seldom and has to say first that it is awake. */
  Duration standbyReadyWithin() {
    return readyWithin().plus(leaseTime.multipliedBy(2));
  }

  /** How long a leaving worker waits for takers before it frees what is left. */
  Duration takersWithin() {
    return viewPoll().plusSeconds(1);
  }

  /** A lease that moved for balance's sake stays so long, unless workers come or go. */
  Duration dwell() {
    return leaseTime.multipliedBy(6);
  }

  /** What has gone is taken away after so long: by then whatever it sent has arrived. */
  Duration sweepAfter() {
    return leaseTime.multipliedBy(30);
  }

  /** How often what can only go wrong by a hand's edit is looked at. */
  Duration recheck() {
    return leaseTime.multipliedBy(60);
  }

  Duration audit() {
    return leaseTime.multipliedBy(3);
  }
}
