package io.headrace.samples.fraud;

import io.headrace.samples.fraud.CardState.Whereabouts;
import java.time.Duration;
import java.util.Optional;

/**
 * A payment in person where the owner can't have got to since the last sure one: airliners make 900
 * km/h, so 1,000 from door to door is out of reach. Below 150 km a wrong entry in a merchant's
 * address is likelier than a flight.
 *
 * <p>The doubtful place is not believed: the next payments are held against the sure one again, so
 * that the owner's own give no alarm. One alarm for each stay elsewhere.
 */
final class TravelRule {
  private TravelRule() {}

  static Ruling<Whereabouts> judge(Rules.Travel limits, Whereabouts before, Payment payment) {
    if (!payment.inPerson()) {
      return Ruling.fine(before);
    }
    var here = new Whereabouts(Optional.of(payment.place()), Optional.of(payment.at()), false);
    if (before.place().isEmpty() || before.at().isEmpty()) {
      return Ruling.fine(here);
    }
    double km = before.place().get().kmTo(payment.place());
    var passed = Duration.between(before.at().get(), payment.at());
    if (km < limits.kmLeast()
        || km <= (double) limits.kmPerHour() * passed.toMillis() / 3_600_000.0) {
      return Ruling.fine(here);
    }
    var doubtful = new Whereabouts(before.place(), before.at(), true);
    return before.told()
        ? Ruling.fine(doubtful)
        : Ruling.alarm(
            doubtful,
            new Finding(
                "km from where the owner was last for sure",
                (long) Math.floor(km),
                Finding.Bound.AT_LEAST,
                limits.kmLeast()),
            new Finding(
                "seconds since then, against those an airliner takes",
                passed.toSeconds(),
                Finding.Bound.BELOW,
                (long) Math.ceil(3600 * km / limits.kmPerHour())));
  }
}
