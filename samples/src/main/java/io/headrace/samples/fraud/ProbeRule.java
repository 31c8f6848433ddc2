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
  static final long SMALL_CENTS = 2_00;
  static final long LARGE_CENTS = 150_00;
  static final long TIMES_USUAL = 5;
  static final Duration WITHIN = Duration.ofHours(1);

  private ProbeRule() {}

  static Ruling<Probe> judge(Probe probe, List<Long> habit, Payment payment) {
    if (payment.cents() <= SMALL_CENTS) {
      return Ruling.fine(new Probe(Optional.of(payment.at())));
    }
    if (probe.small().isEmpty()) {
      return Ruling.fine(probe);
    }
    long cents = payment.cents();
    var passed = Duration.between(probe.small().get(), payment.at());
    if (passed.compareTo(WITHIN) > 0) {
      return Ruling.fine(new Probe(Optional.empty()));
    }
    return cents >= LARGE_CENTS && Habit.exceeds(habit, cents, TIMES_USUAL)
        ? Ruling.alarm(
            new Probe(Optional.empty()),
            new Finding(
                "seconds since a payment of " + SMALL_CENTS + " cents or less",
                passed.toSeconds(),
                Finding.Bound.AT_MOST,
                WITHIN.toSeconds()),
            new Finding("cents", cents, Finding.Bound.AT_LEAST, LARGE_CENTS),
            Habit.finding(habit, cents, TIMES_USUAL))
        : Ruling.fine(probe);
  }
}
