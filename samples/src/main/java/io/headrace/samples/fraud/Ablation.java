package io.headrace.samples.fraud;

import io.headrace.samples.Score;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What each rule contributes: the score of any alarm on any fraud when that rule is switched off.
 * The others are run anew, not only its alarms taken away, since an amount that gives no alarm
 * becomes usual for the card.
 */
final class Ablation {
  private Ablation() {}

  /** By the rule that is switched off; payments as for {@link Judge}. */
  static Map<Scenario, Score> of(Ledger ledger, List<Payment> put) {
    var judge = new Judge(ledger, put.size());
    var scores = new EnumMap<Scenario, Score>(Scenario.class);
    for (var off : Scenario.values()) {
      scores.put(off, judge.overall(alarmed(put, EnumSet.complementOf(EnumSet.of(off)))));
    }
    return scores;
  }

  private static Set<Long> alarmed(List<Payment> payments, Set<Scenario> rules) {
    var cards = new HashMap<String, CardState>();
    var alarmed = new HashSet<Long>();
    for (var payment : payments) {
      var card = cards.getOrDefault(payment.card(), CardState.NEW);
      var verdict = FraudFunction.judge(card, payment, rules);
      cards.put(payment.card(), verdict.state());
      if (!verdict.alarms().isEmpty()) {
        alarmed.add(payment.number());
      }
    }
    return alarmed;
  }
}
