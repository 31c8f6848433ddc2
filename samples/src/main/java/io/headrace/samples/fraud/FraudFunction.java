package io.headrace.samples.fraud;

import io.headrace.function.Codec;
import io.headrace.function.Destination;
import io.headrace.function.Event;
import io.headrace.function.FunctionSpec;
import io.headrace.function.Input;
import io.headrace.function.KeyedFunction;
import io.headrace.function.Keys;
import io.headrace.function.Next;
import io.headrace.function.Output;
import io.headrace.function.json.Json;
import io.headrace.kcl.StreamSource;
import io.headrace.samples.fraud.Explanation.History;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Set;

/** Four rules over the payments of a card, each with a memory of its own. */
final class FraudFunction implements KeyedFunction<Payment, CardState, FraudAlarm> {
  private static final Set<Scenario> ALL_RULES = Set.of(Scenario.values());

  /** What is remembered from now on, and the alarms of the payment. */
  record Verdict(CardState state, List<FraudAlarm> alarms) {}

  @Override
  public CardState initial(String card) {
    return CardState.NEW;
  }

  @Override
  public Next<CardState> handle(CardState card, Event<Payment> event, Output<FraudAlarm> out) {
    var verdict = judge(card, event.value());
    verdict.alarms().forEach(out::send);
    return Next.state(verdict.state());
  }

  /** Judges the next payment of the card, from its past alone. One seen before changes nothing. */
  static Verdict judge(CardState card, Payment payment) {
    return judge(card, payment, ALL_RULES);
  }

  /** The same by these rules alone: to see what each contributes. */
  static Verdict judge(CardState card, Payment payment, Set<Scenario> rules) {
    if (payment.number() <= card.last()) {
      return new Verdict(card, List.of());
    }
    var burst = VelocityRule.judge(card.burst(), payment);
    var whereabouts = TravelRule.judge(card.whereabouts(), payment);
    var probe = ProbeRule.judge(card.probe(), card.habit(), payment);
    var sleep = DormancyRule.judge(card.sleep(), card.habit(), payment);

    var findings = new EnumMap<Scenario, List<Finding>>(Scenario.class);
    findings.put(Scenario.VELOCITY_BURST, burst.findings());
    findings.put(Scenario.IMPOSSIBLE_TRAVEL, whereabouts.findings());
    findings.put(Scenario.SMALL_THEN_LARGE, probe.findings());
    findings.put(Scenario.DORMANT_CARD, sleep.findings());
    findings.keySet().retainAll(rules);
    findings.values().removeIf(List::isEmpty);
    var history = History.of(card);
    var alarms = new ArrayList<FraudAlarm>();
    findings.forEach(
        (scenario, found) ->
            alarms.add(
                new FraudAlarm(
                    scenario, payment.card(), payment.number(), new Explanation(found, history))));

    var habit = alarms.isEmpty() ? Habit.with(card.habit(), payment.cents()) : card.habit();
    return new Verdict(
        new CardState(
            payment.number(),
            habit,
            burst.memory(),
            whereabouts.memory(),
            probe.memory(),
            sleep.memory()),
        List.copyOf(alarms));
  }

  /** Reads {@code stream}, whose partition key is the card. */
  static FunctionSpec<Payment, FraudAlarm> spec(StreamSource stream, Destination<FraudAlarm> to) {
    return spec(stream, to, Json.of(CardState.class));
  }

  /** The same, whose states are stored by a codec of the caller's. */
  static FunctionSpec<Payment, FraudAlarm> spec(
      StreamSource stream, Destination<FraudAlarm> to, Codec<CardState> states) {
    return FunctionSpec.named("card-fraud")
        .reading(Input.of(stream, Json.of(Payment.class)).timedBy(Payment::at))
        .keyedBy(Keys.partitionKey(), states)
        .handledBy(FraudFunction::new, to);
  }
}
