package io.headrace.samples.fraud;

import io.headrace.samples.fraud.CardState.Doubt;
import io.headrace.samples.fraud.CardState.Watch;
import io.headrace.samples.fraud.Explanation.History;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The rules over what happens to one card, each with a memory of its own. Pure: what comes of a
 * signal depends on the card's past, the signal and the version of the rules.
 */
final class CardJudge {
  private static final Set<Scenario> ALL_RULES = Set.of(Scenario.values());

  /** What is remembered from now on, and the alarms that were given. */
  record Verdict(CardState state, List<FraudAlarm> alarms) {
    Verdict {
      alarms = List.copyOf(alarms);
    }
  }

  private final Rules rules;
  private final Set<Scenario> on;

  /**
   * @param on the rules that are not switched off: to see what each contributes
   */
  CardJudge(Rules rules, Set<Scenario> on) {
    this.rules = rules;
    this.on = on;
  }

  static CardJudge by(Rules rules) {
    return new CardJudge(rules, ALL_RULES);
  }

  /**
   * Judges the next payment of the card. One seen before changes nothing.
   *
   * @param risk of the merchant, in per cent
   */
  Verdict judge(CardState card, Payment payment, int risk) {
    if (payment.number() <= card.last()) {
      return new Verdict(card, List.of());
    }
    var burst = VelocityRule.judge(rules.velocity(), card.burst(), payment);
    var whereabouts = TravelRule.judge(rules.travel(), card.whereabouts(), payment);
    var probe = ProbeRule.judge(rules.probe(), card.probe(), card.habit(), payment);
    var sleep = DormancyRule.judge(rules.dormancy(), card.sleep(), card.habit(), payment);

    var findings = new EnumMap<Scenario, List<Finding>>(Scenario.class);
    findings.put(Scenario.VELOCITY_BURST, burst.findings());
    findings.put(Scenario.IMPOSSIBLE_TRAVEL, whereabouts.findings());
    findings.put(Scenario.SMALL_THEN_LARGE, probe.findings());
    findings.put(Scenario.DORMANT_CARD, sleep.findings());
    findings.keySet().retainAll(on);
    findings.values().removeIf(List::isEmpty);
    var history = History.of(card);
    var alarms = new ArrayList<FraudAlarm>();
    findings.forEach(
        (scenario, found) ->
            alarms.add(
                new FraudAlarm(
                    scenario,
                    payment.card(),
                    payment.number(),
                    payment.at(),
                    rules.version(),
                    new Explanation(found, history))));

    var habit = alarms.isEmpty() ? Habit.with(card.habit(), payment.cents()) : card.habit();
    var after =
        new CardState(
            payment.number(),
            habit,
            burst.memory(),
            whereabouts.memory(),
            probe.memory(),
            sleep.memory(),
            card.watch());
    if (!on.contains(Scenario.DEVICE_TAKEOVER) || !TakeoverRule.doubts(rules.takeover(), risk)) {
      return new Verdict(after, alarms);
    }
    var doubt =
        new Doubt(payment.number(), payment.at(), risk, rules.takeover(), rules.version(), history);
    return doubting(payment.card(), after, alarms, doubt);
  }

  /** What is in doubt is bounded: the oldest is judged early where there is one too many. */
  private static Verdict doubting(
      String card, CardState state, List<FraudAlarm> alarms, Doubt doubt) {
    var watch = state.watch();
    var doubts = new ArrayList<>(watch.doubts());
    var given = new ArrayList<>(alarms);
    doubts.add(doubt);
    if (doubts.size() > Watch.DOUBTS_MAX) {
      given.addAll(settled(card, watch, doubts.remove(0)));
    }
    return new Verdict(with(state, new Watch(watch.changes(), watch.logins(), doubts)), given);
  }

  private static List<FraudAlarm> settled(String card, Watch watch, Doubt doubt) {
    var found = TakeoverRule.judge(watch, doubt);
    return found.isEmpty()
        ? List.of()
        : List.of(
            new FraudAlarm(
                Scenario.DEVICE_TAKEOVER,
                card,
                doubt.payment(),
                doubt.until(),
                doubt.rules(),
                new Explanation(found, doubt.history())));
  }

  /** Remembers a login or a device. One seen before changes nothing. */
  static CardState seen(CardState card, Signal signal) {
    var watch = card.watch();
    var changes = watch.changes();
    var logins = watch.logins();
    if (signal instanceof DeviceChange change) {
      changes = TakeoverRule.with(changes, change.at(), Watch.CHANGES_MAX);
    } else if (signal instanceof Login login) {
      logins = TakeoverRule.with(logins, login.at(), Watch.LOGINS_MAX);
    }
    return with(card, new Watch(changes, logins, watch.doubts()));
  }

  /** Judges what is in doubt and could be cleared up to this time and no longer. */
  static Verdict settle(String card, CardState state, Instant through) {
    var watch = state.watch();
    var left = new ArrayList<Doubt>();
    var alarms = new ArrayList<FraudAlarm>();
    for (var doubt : watch.doubts()) {
      if (doubt.until().isAfter(through)) {
        left.add(doubt);
      } else {
        alarms.addAll(settled(card, watch, doubt));
      }
    }
    return new Verdict(with(state, new Watch(watch.changes(), watch.logins(), left)), alarms);
  }

  /** When the next payment in doubt can be judged. */
  static Optional<Instant> nextDue(CardState state) {
    return state.watch().doubts().stream().map(Doubt::until).min(Instant::compareTo);
  }

  private static CardState with(CardState card, Watch watch) {
    return new CardState(
        card.last(),
        card.habit(),
        card.burst(),
        card.whereabouts(),
        card.probe(),
        card.sleep(),
        watch);
  }
}
