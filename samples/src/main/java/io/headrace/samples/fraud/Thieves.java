package io.headrace.samples.fraud;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * What is done with stolen cards. Speed, distance and amounts are drawn from ranges that reach to
 * both sides of what the rules look for, so some of it can't be found. Not thread-safe.
 */
final class Thieves {
  private final Chance chance;
  private final Shape shape;

  Thieves(Chance chance, Shape shape) {
    this.chance = chance;
    this.shape = shape;
  }

  /** Four to fifteen payments over the network, as quick as the thief is. */
  List<Draft> burst(Cardholder who, Instant from) {
    var payments = new ArrayList<Draft>();
    var pause = chance.minutes(0.2, 3);
    var at = from;
    for (int i = chance.count(4, 15); i > 0; i--) {
      payments.add(Draft.of(who, at, Shop.WEB_SHOP, who.home(), chance));
      at = at.plus(chance.exponential(pause));
    }
    return payments;
  }

  /** A copy of the card pays in another city, minutes to hours after its owner paid at home. */
  List<Draft> cloned(Cardholder who, Draft owners) {
    var there = chance.pick(City.ALL.stream().filter(city -> !city.equals(who.home())).toList());
    var payments = new ArrayList<Draft>();
    var at = owners.at().plus(chance.minutes(5, 180));
    for (int i = chance.count(1, 3); i > 0; i--) {
      payments.add(Draft.of(who, at, Shop.CLOTHES, there, chance));
      at = at.plus(chance.minutes(10, 60));
    }
    return payments;
  }

  /** A tiny payment, and soon a large one. */
  List<Draft> probed(Cardholder who, Instant from, long usual) {
    var small =
        Draft.of(who, from, Shop.WEB_SHOP, who.home(), chance)
            .costing(Math.round(chance.between(40, 210)));
    var large =
        Draft.of(who, from, Shop.WEB_SHOP, who.home(), chance)
            .costing(spend(chance.logNormal(18, 0.6) * usual));
    return List.of(small, small.after(chance.minutes(1, 62), large));
  }

  /** A sleeping card is found and spent from. */
  List<Draft> woken(Cardholder sleeper, long usual) {
    var payments = new ArrayList<Draft>();
    var at = chance.between(50, shape.days() - 3);
    var from = LedgerGenerator.START.plus(Duration.ofMinutes(Math.round(at * 1440)));
    for (int i = chance.count(1, 4); i > 0; i--) {
      payments.add(
          Draft.of(sleeper, from, Shop.ELECTRONICS, sleeper.home(), chance)
              .costing(spend(chance.logNormal(9, 0.5) * usual)));
      from = from.plus(chance.minutes(10, 300));
    }
    return payments;
  }

  /** The card is put on the thief's device and used; some know the password as well. */
  Story takenOver(Cardholder who, Instant at) {
    var others = new ArrayList<Signal>();
    var payments = new ArrayList<Draft>();
    var device = "device-" + chance.count(1, 1_000_000);
    others.add(new DeviceChange(who.card(), at, device));
    boolean knowsPassword = chance.happens(0.1);
    var pays = at.plus(chance.minutes(1, 33));
    for (int i = chance.count(1, 3); i > 0; i--) {
      payments.add(risky(who, pays));
      if (knowsPassword) {
        others.add(new Login(who.card(), pays.plus(chance.minutes(0.2, 1.5)), device));
      }
      pays = pays.plus(chance.minutes(1, 8));
    }
    return new Story(payments, others);
  }

  /** Mostly where nobody asks much. */
  private Draft risky(Cardholder who, Instant at) {
    var payment = Draft.of(who, at, Shop.WEB_SHOP, who.home(), chance);
    for (int i = 0; i < 12 && Merchants.risk(payment.merchant()) < 80; i++) {
      payment = Draft.of(who, at, Shop.WEB_SHOP, who.home(), chance);
    }
    return payment;
  }

  /** One or two payments as the owner might have made them. */
  List<Draft> unscripted(Cardholder who, Instant from) {
    var first = Draft.of(who, from, Shop.WEB_SHOP, who.home(), chance);
    return chance.happens(0.5)
        ? List.of(first)
        : List.of(
            first,
            first.after(
                chance.minutes(30, 2880),
                Draft.of(who, from, Shop.ELECTRONICS, who.home(), chance)));
  }

  private long spend(double cents) {
    return Math.max(1_00, Math.round(cents * shape.fraudSpend()));
  }
}
