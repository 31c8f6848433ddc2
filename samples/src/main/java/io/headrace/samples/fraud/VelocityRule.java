package io.headrace.samples.fraud;

import io.headrace.samples.fraud.CardState.Burst;
import java.time.Duration;
import java.util.ArrayList;

/**
 * Five payments within ten minutes: shoppers in a hurry manage three or four. One alarm a burst,
 * with the payment that makes it one.
 */
final class VelocityRule {
  static final int PAYMENTS = 5;
  static final Duration WITHIN = Duration.ofMinutes(10);

  private VelocityRule() {}

  static Ruling<Burst> judge(Burst burst, Payment payment) {
    var recent = new ArrayList<>(burst.recent());
    recent.add(payment.at());
    recent.removeIf(at -> at.isBefore(payment.at().minus(WITHIN)));
    if (recent.size() < PAYMENTS) {
      return Ruling.fine(new Burst(recent, false));
    }
    var latest = recent.subList(recent.size() - PAYMENTS, recent.size());
    return burst.told()
        ? Ruling.fine(new Burst(latest, true))
        : Ruling.alarm(
            new Burst(latest, true),
            new Finding("payments in a row", PAYMENTS, Finding.Bound.AT_LEAST, PAYMENTS),
            new Finding(
                "seconds from the first of them to the last",
                Duration.between(latest.get(0), payment.at()).toSeconds(),
                Finding.Bound.AT_MOST,
                WITHIN.toSeconds()));
  }
}
