package io.headrace.samples.fraud;

import java.time.Duration;
import java.time.Instant;

/** A payment that has no number yet. */
record Draft(Instant at, String card, String merchant, boolean inPerson, Place place, long cents) {

  static Draft of(Cardholder who, Instant at, Shop shop, City city, Chance chance) {
    return new Draft(
        at,
        who.card(),
        shop.merchant(city, chance),
        shop.inPerson,
        city.spot(chance),
        shop.cents(who.budget(), chance));
  }

  Draft costing(long newCents) {
    return new Draft(at, card, merchant, inPerson, place, newCents);
  }

  Draft in(Place elsewhere) {
    return new Draft(at, card, merchant, inPerson, elsewhere, cents);
  }

  Draft after(Duration wait, Draft what) {
    return new Draft(
        at.plus(wait), what.card, what.merchant, what.inPerson, what.place, what.cents);
  }
}
