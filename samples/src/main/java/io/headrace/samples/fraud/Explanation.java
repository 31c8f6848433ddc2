package io.headrace.samples.fraud;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Why a payment is suspicious: what the rule measured, and what it knew of the card. Everything in
 * here is from the payment and the card's past, so a replay explains the same way.
 *
 * @param findings all of them hold, or there would be no alarm
 * @param history of the card, before this payment
 */
public record Explanation(List<Finding> findings, History history) {
  /**
   * What was known of the card.
   *
   * @param payments how many it had made
   * @param usualCents what it usually pays; empty while too little is known
   * @param lastPaid when it paid last
   */
  public record History(long payments, Optional<Long> usualCents, Optional<Instant> lastPaid) {
    static History of(CardState card) {
      return new History(card.sleep().payments(), Habit.usual(card.habit()), card.sleep().paid());
    }
  }

  public Explanation {
    findings = List.copyOf(findings);
  }

  /** For a person. */
  @Override
  public String toString() {
    return findings.stream().map(Finding::toString).collect(Collectors.joining(", "))
        + "; before it "
        + history.payments()
        + " payments"
        + history.usualCents().map(cents -> ", usually of " + cents + " cents").orElse("")
        + history.lastPaid().map(at -> ", the last one at " + at).orElse("");
  }
}
