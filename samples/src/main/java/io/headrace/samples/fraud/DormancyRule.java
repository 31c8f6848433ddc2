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
  static final Duration ASLEEP = Duration.ofDays(30);
  static final long TIMES_USUAL_PAUSE = 5;

  /** Three pauses at least, or it is not known what is usual. */
  static final long PAYMENTS_NEEDED = 4;

  static final Duration WAKING = Duration.ofDays(1);
  static final long LARGE_CENTS = 100_00;
  static final long TIMES_USUAL = 4;

  private DormancyRule() {}

  static Ruling<Sleep> judge(Sleep before, List<Long> habit, Payment payment) {
    var woke = woke(before, payment);
    var first = before.first().or(() -> Optional.of(payment.at()));
    var paid = Optional.of(payment.at());
    long payments = before.payments() + 1;
    if (woke.isPresent()
        && payment.cents() >= LARGE_CENTS
        && Habit.exceeds(habit, payment.cents(), TIMES_USUAL)) {
      return Ruling.alarm(
          new Sleep(first, paid, payments, Optional.empty()),
          new Finding(
              "seconds since it woke up after " + ASLEEP.toDays() + " days or more",
              Duration.between(woke.get(), payment.at()).toSeconds(),
              Finding.Bound.AT_MOST,
              WAKING.toSeconds()),
          new Finding("cents", payment.cents(), Finding.Bound.AT_LEAST, LARGE_CENTS),
          Habit.finding(habit, payment.cents(), TIMES_USUAL));
    }
    return Ruling.fine(new Sleep(first, paid, payments, woke));
  }

  private static Optional<Instant> woke(Sleep before, Payment payment) {
    return before.paid().filter(at -> slept(before, at, payment.at())).isPresent()
        ? Optional.of(payment.at())
        : before.woke().filter(at -> !at.plus(WAKING).isBefore(payment.at()));
  }

  private static boolean slept(Sleep before, Instant paid, Instant now) {
    var pause = Duration.between(paid, now);
    if (pause.compareTo(ASLEEP) < 0
        || before.first().isEmpty()
        || before.payments() < PAYMENTS_NEEDED) {
      return false;
    }
    var usual = Duration.between(before.first().get(), paid).dividedBy(before.payments() - 1);
    return pause.compareTo(usual.multipliedBy(TIMES_USUAL_PAUSE)) >= 0;
  }
}
