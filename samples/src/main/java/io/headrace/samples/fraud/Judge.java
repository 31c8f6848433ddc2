package io.headrace.samples.fraud;

import io.headrace.samples.Score;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Holds alarms against the truth. An alarm is right when its payment belongs to an incident of its
 * scenario. An incident is found when at least one of its payments has an alarm of its scenario; it
 * is judged once all its payments were put.
 */
final class Judge {
  private final Map<Long, Incident> truth = new HashMap<>();
  private final List<Incident> whole;
  private final long put;
  private final List<Payment> payments;

  /**
   * @param put how many payments were put: those numbered 1 to {@code put}
   */
  Judge(Ledger ledger, long put) {
    this.put = put;
    this.payments = ledger.payments();
    this.whole =
        ledger.incidents().stream()
            .filter(incident -> incident.payments().stream().allMatch(number -> number <= put))
            .toList();
    for (var incident : ledger.incidents()) {
      incident.payments().forEach(number -> truth.put(number, incident));
    }
  }

  /** Of each scenario by itself. */
  Map<Scenario, Score> byScenario(Collection<FraudAlarm> alarms) {
    var scores = new EnumMap<Scenario, Score>(Scenario.class);
    for (var scenario : Scenario.values()) {
      var alarmed = new HashSet<Long>();
      for (var alarm : alarms) {
        if (alarm.scenario() == scenario) {
          alarmed.add(alarm.payment());
        }
      }
      scores.put(scenario, score(alarmed, Optional.of(scenario)));
    }
    return scores;
  }

  /** How soon incidents of each scenario were found by alarms of it. */
  Map<Scenario, Detection> detection(Collection<FraudAlarm> alarms) {
    var first = new HashMap<Incident, Instant>();
    for (var alarm : alarms) {
      var incident = truth.get(alarm.payment());
      if (incident != null && incident.scenario().equals(Optional.of(alarm.scenario()))) {
        first.merge(incident, alarm.told(), (a, b) -> a.isBefore(b) ? a : b);
      }
    }
    var delays = new EnumMap<Scenario, Detection>(Scenario.class);
    for (var scenario : Scenario.values()) {
      delays.put(
          scenario,
          new Detection(
              first.entrySet().stream()
                  .filter(found -> found.getKey().scenario().equals(Optional.of(scenario)))
                  .filter(found -> whole.contains(found.getKey()))
                  .map(found -> delay(found.getKey(), found.getValue()))
                  .toList()));
    }
    return delays;
  }

  private Duration delay(Incident incident, Instant told) {
    long begun = Collections.min(incident.payments());
    return Duration.between(paid(begun), told);
  }

  /** Payments are numbered in their order, from 1. */
  private Instant paid(long number) {
    return payments.get((int) number - 1).at();
  }

  /** Of alarms of any kind on fraud of any kind, also that which no rule is made for. */
  Score overall(Set<Long> alarmedPayments) {
    return score(alarmedPayments, Optional.empty());
  }

  private Score score(Set<Long> alarmed, Optional<Scenario> only) {
    long right = 0;
    long wrong = 0;
    for (long number : alarmed) {
      var incident = truth.get(number);
      if (number > put) {
        continue;
      }
      if (incident != null && (only.isEmpty() || incident.scenario().equals(only))) {
        right++;
      } else {
        wrong++;
      }
    }
    long found = 0;
    long missed = 0;
    for (var incident : whole) {
      if (only.isPresent() && !incident.scenario().equals(only)) {
        continue;
      }
      if (incident.payments().stream().anyMatch(alarmed::contains)) {
        found++;
      } else {
        missed++;
      }
    }
    return new Score(right, wrong, found, missed);
  }
}
