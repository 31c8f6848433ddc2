package io.headrace.samples.fraud;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;

/**
 * Makes card payments, logins and changes of devices with planted fraud. The same source of
 * randomness gives the same ledger. Not thread-safe; one object makes one ledger.
 */
final class LedgerGenerator {
  static final Instant START = Instant.parse("2026-03-01T00:00:00Z");

  /** A card needs some history, or no rule could know what is usual. */
  private static final int HISTORY = 4;

  private record Planted(Optional<Scenario> scenario, List<Draft> drafts) {}

  private final Shape shape;
  private final Chance chance;
  private final HonestLife life;
  private final Thieves thieves;
  private final Map<Cardholder, List<Draft>> honest = new LinkedHashMap<>();
  private final List<Planted> planted = new ArrayList<>();
  private final List<Signal> others = new ArrayList<>();
  private final Set<Cardholder> used = new HashSet<>();

  LedgerGenerator(RandomGenerator random, Shape shape) {
    this.shape = shape;
    this.chance = new Chance(random);
    this.life = new HonestLife(chance, shape, START);
    this.thieves = new Thieves(chance, shape);
  }

  Ledger generate() {
    for (int i = 1; i <= shape.cards(); i++) {
      var who = life.cardholder(i);
      honest.put(who, new ArrayList<>(life.payments(who)));
    }
    var awake = new ArrayList<Cardholder>();
    var asleep = new ArrayList<Cardholder>();
    honest.forEach(
        (who, payments) -> {
          if (payments.size() >= HISTORY) {
            (who.activeDays() < shape.days() ? asleep : awake).add(who);
          }
        });
    for (int i = 0; i < shape.lookalikes(); i++) {
      addLookalikes(awake, asleep);
    }
    for (int i = 0; i < shape.incidents(); i++) {
      plantScenarios(awake, asleep);
    }
    for (int i = 0; i < shape.unscripted(); i++) {
      var who = fresh(awake);
      plant(Optional.empty(), thieves.unscripted(who, moment(who).at()));
    }
    for (int i = 0; i < shape.incidents(); i++) {
      takeOver(fresh(awake));
    }
    for (int i = 0; i < shape.lookalikes(); i++) {
      changePhone(fresh(awake));
    }
    signIn();
    return number();
  }

  private void takeOver(Cardholder who) {
    var begin = moment(who).at().plus(chance.minutes(60, 600));
    var taken = thieves.takenOver(who, begin);
    plant(Optional.of(Scenario.DEVICE_TAKEOVER), taken.payments());
    others.addAll(taken.others());
  }

  private void changePhone(Cardholder who) {
    var changed = life.newPhone(who, moment(who).at().plus(chance.minutes(60, 600)));
    paid(who).addAll(changed.payments());
    others.addAll(changed.others());
  }

  /** Owners look at their accounts, mostly when they have paid over the network. */
  private void signIn() {
    honest.forEach((who, payments) -> others.addAll(life.logins(who, payments)));
  }

  private void addLookalikes(List<Cardholder> awake, List<Cardholder> asleep) {
    var hurried = fresh(awake);
    paid(hurried).addAll(life.spree(hurried));
    var misplaced = fresh(awake);
    paid(misplaced).addAll(life.headOffice(misplaced));
    var parked = fresh(awake);
    paid(parked).addAll(life.parksAndBuys(parked));
    var woken = fresh(asleep);
    paid(woken).addAll(life.wakesUp(woken));
  }

  private void plantScenarios(List<Cardholder> awake, List<Cardholder> asleep) {
    var rushed = fresh(awake);
    plant(
        Optional.of(Scenario.VELOCITY_BURST),
        thieves.burst(rushed, moment(rushed).at().plus(chance.minutes(60, 600))));
    var copied = fresh(awake);
    plant(Optional.of(Scenario.IMPOSSIBLE_TRAVEL), thieves.cloned(copied, momentInPerson(copied)));
    var probed = fresh(awake);
    plant(
        Optional.of(Scenario.SMALL_THEN_LARGE),
        thieves.probed(probed, moment(probed).at().plus(chance.minutes(60, 600)), usual(probed)));
    var found = fresh(asleep);
    plant(Optional.of(Scenario.DORMANT_CARD), thieves.woken(found, usual(found)));
  }

  /** Each card has at most one story, so that incidents don't overlap. */
  private Cardholder fresh(List<Cardholder> from) {
    var left = from.stream().filter(who -> !used.contains(who)).toList();
    if (left.isEmpty()) {
      throw new IllegalArgumentException(
          shape + ": there are too few cards for so many incidents; ask for more cards");
    }
    var who = chance.pick(left);
    used.add(who);
    return who;
  }

  /** One of the owner's payments that has some history before it. */
  private Draft moment(Cardholder who) {
    var payments = inOrder(paid(who));
    return payments.get(chance.count(HISTORY - 1, payments.size() - 1));
  }

  private Draft momentInPerson(Cardholder who) {
    var candidates =
        inOrder(paid(who)).stream()
            .skip(HISTORY - 1)
            .filter(payment -> payment.inPerson())
            .toList();
    return candidates.isEmpty() ? moment(who) : chance.pick(candidates);
  }

  private long usual(Cardholder who) {
    return Habit.median(paid(who).stream().map(Draft::cents).toList());
  }

  private void plant(Optional<Scenario> scenario, List<Draft> drafts) {
    planted.add(new Planted(scenario, drafts));
  }

  private List<Draft> paid(Cardholder who) {
    var payments = honest.get(who);
    if (payments == null) {
      throw new AssertionError("card " + who.card() + " is none of ours");
    }
    return payments;
  }

  private static List<Draft> inOrder(List<Draft> drafts) {
    return drafts.stream().sorted(Comparator.comparing(Draft::at)).toList();
  }

  /** Puts everything in order of time; drafts of one instant stay as they were made. */
  private Ledger number() {
    var drafts = new ArrayList<Draft>();
    honest.values().forEach(drafts::addAll);
    planted.forEach(incident -> drafts.addAll(incident.drafts()));
    var payments = new ArrayList<Payment>(drafts.size());
    var numbers = new IdentityHashMap<Draft, Long>();
    for (var draft : inOrder(drafts)) {
      long number = payments.size() + 1L;
      numbers.put(draft, number);
      payments.add(
          new Payment(
              number,
              draft.card(),
              draft.at(),
              draft.merchant(),
              draft.inPerson(),
              draft.place(),
              draft.cents()));
    }
    others.sort(Comparator.comparing(Signal::at));
    return new Ledger(payments, others, planted.stream().map(p -> incident(p, numbers)).toList());
  }

  private static Incident incident(Planted planted, Map<Draft, Long> numbers) {
    var payments = new HashSet<Long>();
    planted.drafts().forEach(draft -> payments.add(numbers.get(draft)));
    return new Incident(planted.scenario(), planted.drafts().get(0).card(), payments);
  }
}
