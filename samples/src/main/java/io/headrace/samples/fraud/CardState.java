package io.headrace.samples.fraud;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What is remembered of a card, a part for each rule. Some 2 KB at most.
 *
 * @param last number of the latest payment seen
 * @param habit what the card usually pays, in cents: the latest amounts that gave no alarm, oldest
 *     first
 */
record CardState(
    long last,
    List<Long> habit,
    Burst burst,
    Whereabouts whereabouts,
    Probe probe,
    Sleep sleep,
    Watch watch) {
  static final CardState NEW =
      new CardState(
          0,
          List.of(),
          new Burst(List.of(), false),
          new Whereabouts(Optional.empty(), Optional.empty(), false),
          new Probe(Optional.empty()),
          Sleep.NEW,
          Watch.NEW);

  CardState {
    habit = List.copyOf(habit);
  }

  /**
   * Of {@link VelocityRule}.
   *
   * @param recent when the latest payments were made, oldest first
   * @param told whether this burst gave its alarm
   */
  record Burst(List<Instant> recent, boolean told) {
    Burst {
      recent = List.copyOf(recent);
    }
  }

  /**
   * Of {@link TravelRule}: where the owner was last for sure; both or none.
   *
   * @param told whether the payments elsewhere gave their alarm
   */
  record Whereabouts(Optional<Place> place, Optional<Instant> at, boolean told) {}

  /**
   * Of {@link ProbeRule}.
   *
   * @param small when the latest tiny payment was made
   */
  record Probe(Optional<Instant> small) {}

  /**
   * Of {@link DormancyRule}.
   *
   * @param first when the card paid first
   * @param paid when it paid last
   * @param payments how many there were
   * @param woke when it woke up, while that is news
   */
  record Sleep(
      Optional<Instant> first, Optional<Instant> paid, long payments, Optional<Instant> woke) {
    static final Sleep NEW = new Sleep(Optional.empty(), Optional.empty(), 0, Optional.empty());
  }

  /**
   * Of {@link TakeoverRule}.
   *
   * @param changes when the card was put on another device, latest last
   * @param logins when somebody signed in, latest last
   * @param doubts payments that are still to be judged, in the order in which they came
   */
  record Watch(List<Instant> changes, List<Instant> logins, List<Doubt> doubts) {
    static final Watch NEW = new Watch(List.of(), List.of(), List.of());

    static final int CHANGES_MAX = 4;
    static final int LOGINS_MAX = 8;
    static final int DOUBTS_MAX = 4;

    Watch {
      changes = List.copyOf(changes);
      logins = List.copyOf(logins);
      doubts = List.copyOf(doubts);
    }
  }

  /**
   * A payment in doubt, and by what it is to be judged: the rules of its time, whatever came since.
   *
   * @param risk of its merchant, in per cent
   * @param rules their version
   */
  record Doubt(
      long payment,
      Instant at,
      int risk,
      Rules.Takeover limits,
      long rules,
      Explanation.History history) {
    /** Until when a login clears it. */
    Instant until() {
      return at.plusSeconds(limits.loginSeconds());
    }
  }
}
