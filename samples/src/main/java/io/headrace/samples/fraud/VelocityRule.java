package io.headrace.samples.fraud;

import io.headrace.samples.fraud.CardState.Burst;
import java.time.Duration;
import java.util.ArrayList;

/**
 * Five payments within ten minutes: shoppers in a hurry manage three or four. One alarm a burst,
 * with the payment that makes it one.
 */
final class VelocityRule {
  private VelocityRule() {}

  static Ruling<Burst> judge(Rules.Velocity limits, Burst burst, Payment payment) {
    var recent = new ArrayList<>(burst.recent());
    recent.add(payment.at());
    recent.removeIf(at -> at.isBefore(payment.at().minusSeconds(limits.withinSeconds())));
    if (recent.size() < limits.payments()) {
      return Ruling.fine(new Burst(recent, false));
    }
    var latest = recent.subList(recent.size() - limits.payments(), recent.size());
    return burst.told()
        ? Ruling.fine(new Burst(latest, true))
        : Ruling.alarm(
            new Burst(latest, true),
            new Finding(
                "payments in a row", limits.payments(), Finding.Bound.AT_LEAST, limits.payments()),
            new Finding(
                "seconds from the first of them to the last",
                Duration.between(latest.get(0), payment.at()).toSeconds(),
                Finding.Bound.AT_MOST,
                limits.withinSeconds()));
  }
}
