package io.headrace.samples.fraud;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What is remembered of a card, a part for each rule. Some 600 bytes at most.
 *
 * @param last number of the latest payment seen
 * @param habit what the card usually pays, in cents: the latest amounts that gave no alarm, oldest
 *     first
 */
record CardState(
    long last, List<Long> habit, Burst burst, Whereabouts whereabouts, Probe probe, Sleep sleep) {
  static final CardState NEW =
      new CardState(
          0,
          List.of(),
          new Burst(List.of(), false),
          new Whereabouts(Optional.empty(), Optional.empty(), false),
          new Probe(Optional.empty()),
          Sleep.NEW);

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
}
