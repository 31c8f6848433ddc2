package io.headrace.samples.fraud;

import io.headrace.samples.fraud.CardState.Probe;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * A payment of 2.00 or less, and within the hour one of 150.00 or more that is five times what the
 * card usually pays. The probe is used up by its alarm.
 */
final class ProbeRule {
  private ProbeRule() {}

  static Ruling<Probe> judge(Rules.Probe limits, Probe probe, List<Long> habit, Payment payment) {
    if (payment.cents() <= limits.smallCents()) {
      return Ruling.fine(new Probe(Optional.of(payment.at())));
    }
    if (probe.small().isEmpty()) {
      return Ruling.fine(probe);
    }
    long cents = payment.cents();
    var passed = Duration.between(probe.small().get(), payment.at());
    if (passed.compareTo(Duration.ofSeconds(limits.withinSeconds())) > 0) {
      return Ruling.fine(new Probe(Optional.empty()));
    }
    return cents >= limits.largeCents() && Habit.exceeds(habit, cents, limits.timesUsual())
        ? Ruling.alarm(
            new Probe(Optional.empty()),
            new Finding(
                "seconds since a payment of " + limits.smallCents() + " cents or less",
                passed.toSeconds(),
                Finding.Bound.AT_MOST,
                limits.withinSeconds()),
            new Finding("cents", cents, Finding.Bound.AT_LEAST, limits.largeCents()),
            Habit.finding(habit, cents, limits.timesUsual()))
        : Ruling.fine(probe);
  }
}
