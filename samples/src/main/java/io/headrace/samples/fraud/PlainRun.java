package io.headrace.samples.fraud;

import io.headrace.samples.fraud.CardJudge.Verdict;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * The rules over signals in order of time, by one plain loop, without streams, state stores or
 * timers: what the function must come to, and what it would with some rules switched off.
 */
final class PlainRun {
  private final Function<Instant, Rules> inForce;
  private final Set<Scenario> on;
  private final Map<String, CardState> cards = new HashMap<>();
  private final List<FraudAlarm> alarms = new ArrayList<>();

  private PlainRun(Function<Instant, Rules> inForce, Set<Scenario> on) {
    this.inForce = inForce;
    this.on = on;
  }

  /** The alarms of signals, in order of time. */
  static List<FraudAlarm> alarms(List<Signal> signals, Function<Instant, Rules> inForce) {
    return alarms(signals, inForce, Set.of(Scenario.values()));
  }

  /** The same by some of the rules alone. */
  static List<FraudAlarm> alarms(
      List<Signal> signals, Function<Instant, Rules> inForce, Set<Scenario> on) {
    var run = new PlainRun(inForce, on);
    signals.forEach(run::take);
    run.cards.forEach(
        (card, state) -> run.alarms.addAll(CardJudge.settle(card, state, Instant.MAX).alarms()));
    return List.copyOf(run.alarms);
  }

  private void take(Signal signal) {
    var card = signal.card();
    var state = cards.getOrDefault(card, CardState.NEW);
    // As late as the function does, which waits for what comes on other streams.
    state = told(CardJudge.settle(card, state, signal.at().minus(FraudFunction.WAIT)));
    if (signal instanceof Payment payment) {
      var rules = inForce.apply(payment.at());
      state =
          told(new CardJudge(rules, on).judge(state, payment, Merchants.risk(payment.merchant())));
    } else {
      state = CardJudge.seen(state, signal);
    }
    cards.put(card, state);
  }

  private CardState told(Verdict verdict) {
    alarms.addAll(verdict.alarms());
    return verdict.state();
  }
}
