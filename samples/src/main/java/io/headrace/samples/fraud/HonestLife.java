package io.headrace.samples.fraud;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * What cardholders do when nobody abuses their cards: day by day, and now and then something that
 * looks like fraud and is not. Not thread-safe.
 */
final class HonestLife {
  private static final double FLIGHT_KM_PER_HOUR = 830;

  private final Chance chance;
  private final Shape shape;
  private final Instant start;

  HonestLife(Chance chance, Shape shape, Instant start) {
    this.chance = chance;
    this.shape = shape;
    this.start = start;
  }

  /** Four in five cards pay every week or so, some once a month, some fall asleep. */
  Cardholder cardholder(int number) {
    var card = String.format(java.util.Locale.ROOT, "card-%05d", number);
    var home = chance.pick(City.ALL);
    double budget = chance.logNormal(1, 0.35);
    if (chance.happens(0.08)) {
      return new Cardholder(card, home, budget, chance.between(3, 6), chance.between(12, 30));
    }
    double meanDays = chance.happens(0.12) ? chance.between(15, 35) : chance.between(4, 14);
    return new Cardholder(card, home, budget, meanDays, shape.days());
  }

  /** All honest payments of a cardholder, but for lookalikes. */
  List<Draft> payments(Cardholder who) {
    var payments = new ArrayList<Draft>();
    for (double day = chance.between(0, who.meanDays()); day < who.activeDays(); ) {
      var shop = chance.happens(0.015) ? chance.pick(Shop.BIG) : chance.pick(Shop.DAILY);
      payments.add(Draft.of(who, atDay(day), shop, who.home(), chance));
      day += chance.exponential(Duration.ofDays(1)).toSeconds() / 86_400.0 * who.meanDays();
    }
    if (who.activeDays() == shape.days() && chance.happens(shape.travellers())) {
      travel(who, payments);
    }
    return payments;
  }

  /** A flight out and back: the owner pays at the airport, and again after landing. */
  private void travel(Cardholder who, List<Draft> payments) {
    var there = chance.pick(City.ALL);
    if (there.equals(who.home())) {
      return;
    }
    var out = atDay(chance.between(5, shape.days() - 20));
    var flight = flight(who.home(), there);
    var landed = out.plus(flight);
    var back = landed.plus(chance.minutes(2 * 1440, 7 * 1440));
    var home = back.plus(flight);
    // Whoever is away does not shop at home; what they order over the network still comes.
    payments.removeIf(
        p -> p.inPerson() && p.at().isAfter(out.minusSeconds(7200)) && p.at().isBefore(home));
    payments.add(Draft.of(who, out.minus(chance.minutes(20, 90)), Shop.COFFEE, who.home(), chance));
    for (var at = landed.plus(chance.minutes(25, 120)); at.isBefore(back.minusSeconds(7200)); ) {
      payments.add(Draft.of(who, at, chance.pick(Shop.DAILY), there, chance));
      at = at.plus(chance.minutes(300, 1500));
    }
    payments.add(Draft.of(who, back.minus(chance.minutes(20, 90)), Shop.COFFEE, there, chance));
    payments.add(Draft.of(who, home.plus(chance.minutes(25, 120)), Shop.FUEL, who.home(), chance));
  }

  private static Duration flight(City from, City to) {
    double hours = 0.5 + from.centre().kmTo(to.centre()) / FLIGHT_KM_PER_HOUR;
    return Duration.ofSeconds(Math.round(hours * 3600));
  }

  /** Several shops in one afternoon; now and then as quickly as a thief. */
  List<Draft> spree(Cardholder who) {
    var payments = new ArrayList<Draft>();
    var pause = chance.minutes(3, 20);
    var at = atDay(chance.between(5, shape.days() - 5));
    for (int i = chance.count(3, 7); i > 0; i--) {
      payments.add(Draft.of(who, at, Shop.CLOTHES, who.home(), chance));
      at = at.plus(chance.exponential(pause));
    }
    return payments;
  }

  /** A shop at home whose terminal is registered at its head office in another city. */
  List<Draft> headOffice(Cardholder who) {
    var first = Draft.of(who, someDay(), Shop.GROCER, who.home(), chance);
    var second = Draft.of(who, first.at(), Shop.CLOTHES, who.home(), chance);
    var registered = second.in(chance.pick(City.ALL).spot(chance));
    return List.of(first, first.after(chance.minutes(30, 2880), registered));
  }

  /** Parks the car, then buys something: often big. */
  List<Draft> parksAndBuys(Cardholder who) {
    var parks = Draft.of(who, someDay(), Shop.PARKING, who.home(), chance);
    var shop = chance.happens(0.3) ? Shop.ELECTRONICS : Shop.CLOTHES;
    var buys = Draft.of(who, parks.at(), shop, who.home(), chance);
    return List.of(parks, parks.after(chance.minutes(5, 90), buys));
  }

  /** A card kept for holidays: bought with it after months, by its owner. */
  List<Draft> wakesUp(Cardholder sleeper) {
    var at = atDay(chance.between(60, shape.days() - 2));
    var shop = chance.happens(0.25) ? Shop.TRAVEL_AGENT : chance.pick(Shop.DAILY);
    return List.of(Draft.of(sleeper, at, shop, sleeper.home(), chance));
  }

  /** A new phone, on which the owner pays at once; and signs in, mostly in time. */
  Story newPhone(Cardholder who, Instant at) {
    var others = new ArrayList<Signal>();
    var device = device(who) + "-new";
    others.add(new DeviceChange(who.card(), at, device));
    var pays = at.plus(chance.minutes(2, 40));
    if (chance.happens(0.8)) {
      others.add(new Login(who.card(), pays.plus(chance.minutes(0.2, 2.3)), device));
    }
    return new Story(List.of(Draft.of(who, pays, Shop.WEB_SHOP, who.home(), chance)), others);
  }

  /** After some of the payments over the network, and on some other days. */
  List<Signal> logins(Cardholder who, List<Draft> payments) {
    var logins = new ArrayList<Signal>();
    var device = device(who);
    for (var payment : payments) {
      if (chance.happens(payment.inPerson() ? 0.1 : 0.6)) {
        logins.add(new Login(who.card(), payment.at().plus(chance.minutes(0.2, 30)), device));
      }
    }
    if (chance.happens(0.25)) {
      logins.add(new DeviceChange(who.card(), someDay(), device + "-next"));
    }
    return logins;
  }

  private static String device(Cardholder who) {
    return "device-of-" + who.card();
  }

  private Instant someDay() {
    return atDay(chance.between(20, shape.days() - 5));
  }

  /** On that day, between 7 and 23 o'clock. */
  private Instant atDay(double day) {
    return start
        .plus(Duration.ofDays((long) day))
        .plus(Duration.ofSeconds(Math.round(chance.between(7, 23) * 3600)));
  }
}
