package io.headrace.samples.fraud;

import io.headrace.samples.fraud.CardState.Sleep;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * The first payment for 30 days, or another one within a day of it, of 100.00 or more and four
 * times what the card usually pays. A card that pays once a month anyway is not asleep: it must
 * have paused five times as long as it usually does. One alarm for each time the card wakes up.
 */
final class DormancyRule {
  private DormancyRule() {}

  static Ruling<Sleep> judge(
      Rules.Dormancy limits, Sleep before, List<Long> habit, Payment payment) {
    var woke = woke(limits, before, payment);
    var first = before.first().or(() -> Optional.of(payment.at()));
    var paid = Optional.of(payment.at());
    long payments = before.payments() + 1;
    if (woke.isPresent()
        && payment.cents() >= limits.largeCents()
        && Habit.exceeds(habit, payment.cents(), limits.timesUsual())) {
      return Ruling.alarm(
          new Sleep(first, paid, payments, Optional.empty()),
          new Finding(
              "seconds since it woke up after " + limits.asleepDays() + " days or more",
              Duration.between(woke.get(), payment.at()).toSeconds(),
              Finding.Bound.AT_MOST,
              limits.wakingSeconds()),
          new Finding("cents", payment.cents(), Finding.Bound.AT_LEAST, limits.largeCents()),
          Habit.finding(habit, payment.cents(), limits.timesUsual()));
    }
    return Ruling.fine(new Sleep(first, paid, payments, woke));
  }

  private static Optional<Instant> woke(Rules.Dormancy limits, Sleep before, Payment payment) {
    return before.paid().filter(at -> slept(limits, before, at, payment.at())).isPresent()
        ? Optional.of(payment.at())
        : before
            .woke()
            .filter(at -> !at.plusSeconds(limits.wakingSeconds()).isBefore(payment.at()));
  }

  private static boolean slept(Rules.Dormancy limits, Sleep before, Instant paid, Instant now) {
    var pause = Duration.between(paid, now);
    if (pause.compareTo(Duration.ofDays(limits.asleepDays())) < 0
        || before.first().isEmpty()
        || before.payments() < limits.paymentsNeeded()) {
      return false;
    }
    var usual = Duration.between(before.first().get(), paid).dividedBy(before.payments() - 1);
    return pause.compareTo(usual.multipliedBy(limits.timesUsualPause())) >= 0;
  }
}
