package io.headrace.samples.fraud;

import io.headrace.samples.fraud.CardState.Doubt;
import io.headrace.samples.fraud.CardState.Watch;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/**
 * A payment to a risky merchant soon after the card was put on another device, which no login
 * follows: the owner would have signed in. What decides comes on three streams and in no order, so
 * a payment is put in doubt, and judged once event time says that all of it must be there; so it
 * makes no difference which came first. One alarm for each payment.
 */
final class TakeoverRule {
  private TakeoverRule() {}

  /** Whether a payment is to wait. */
  static boolean doubts(Rules.Takeover limits, int risk) {
    return risk >= limits.riskPercent();
  }

  /** What was found of one in doubt; empty when it was fine. */
  static List<Finding> judge(Watch watch, Doubt doubt) {
    var limits = doubt.limits();
    var changed =
        latest(watch.changes(), doubt.at().minusSeconds(limits.freshSeconds()), doubt.at());
    var login = latest(watch.logins(), doubt.at(), doubt.until());
    if (changed.isEmpty() || login.isPresent()) {
      return List.of();
    }
    return List.of(
        new Finding(
            "seconds since the card was put on another device",
            Duration.between(changed.get(), doubt.at()).toSeconds(),
            Finding.Bound.AT_MOST,
            limits.freshSeconds()),
        new Finding(
            "per cent risk of the merchant",
            doubt.risk(),
            Finding.Bound.AT_LEAST,
            limits.riskPercent()),
        new Finding(
            "seconds without a login after it",
            limits.loginSeconds(),
            Finding.Bound.AT_LEAST,
            limits.loginSeconds()));
  }

  private static Optional<Instant> latest(List<Instant> of, Instant from, Instant to) {
    return of.stream().filter(at -> !at.isBefore(from) && !at.isAfter(to)).max(Instant::compareTo);
  }

  /** The latest so many, each once, the oldest first. */
  static List<Instant> with(List<Instant> before, Instant at, int max) {
    var all = new ArrayList<>(new TreeSet<>(before));
    if (!all.contains(at)) {
      all.add(at);
      all.sort(Instant::compareTo);
    }
    return List.copyOf(all.subList(Math.max(0, all.size() - max), all.size()));
  }
}
