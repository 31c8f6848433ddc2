package io.headrace.samples.fraud;

import io.headrace.samples.Score;
import java.time.Instant;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * What each rule contributes: the score of any alarm on any fraud when that rule is switched off.
 * The others are run anew, not only its alarms taken away, since an amount that gives no alarm
 * becomes usual for the card.
 */
final class Ablation {
  private Ablation() {}

  /** By the rule that is switched off; of the signals that were put. */
  static Map<Scenario, Score> of(Judge judge, List<Signal> put, Function<Instant, Rules> inForce) {
    var scores = new EnumMap<Scenario, Score>(Scenario.class);
    for (var off : Scenario.values()) {
      var others = EnumSet.complementOf(EnumSet.of(off));
      scores.put(off, judge.overall(alarmed(PlainRun.alarms(put, inForce, others))));
    }
    return scores;
  }

  private static Set<Long> alarmed(List<FraudAlarm> alarms) {
    return alarms.stream().map(FraudAlarm::payment).collect(Collectors.toSet());
  }
}
