package io.headrace.samples.fraud;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.samples.Score;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class LedgerGeneratorTest {
  /** Seeds that were not looked at while the rules were made. */
  private static final long HELD_OUT_FIRST = 401;

  private static final long HELD_OUT_LAST = 410;

  static Ledger ledger(long seed, Shape shape) {
    return new LedgerGenerator(new SplittableRandom(seed), shape).generate();
  }

  static List<FraudAlarm> alarms(Ledger ledger) {
    return PlainRun.alarms(ledger.signals(), FraudSample::inForce);
  }

  private static Map<Scenario, Score> scores(long seed, Shape shape) {
    var ledger = ledger(seed, shape);
    return new Judge(ledger, ledger.payments().size()).byScenario(alarms(ledger));
  }

  @Test
  void the_same_seed_gives_the_same_payments_and_the_same_truth() {
    assertThat(ledger(7, Shape.ORDINARY)).isEqualTo(ledger(7, Shape.ORDINARY));
    assertThat(ledger(8, Shape.ORDINARY)).isNotEqualTo(ledger(7, Shape.ORDINARY));
  }

  @Test
  void payments_are_numbered_in_time_order_and_nothing_in_them_tells_fraud() {
    var payments = ledger(1, Shape.ORDINARY).payments();

    assertThat(payments).isSortedAccordingTo(Comparator.comparing(Payment::at));
    for (int i = 0; i < payments.size(); i++) {
      assertThat(payments.get(i).number()).isEqualTo(i + 1L);
    }
    assertThat(payments.stream().map(Payment::card).distinct().count()).isGreaterThan(2_000);
    assertThat(payments).allMatch(p -> p.cents() >= 40 && p.cents() < 5_000_000);
  }

  @Test
  void every_scenario_is_planted_as_often_as_asked_and_no_payment_twice() {
    var ledger = ledger(1, Shape.ORDINARY);

    for (var scenario : Scenario.values()) {
      assertThat(
              ledger.incidents().stream().filter(i -> i.scenario().equals(Optional.of(scenario))))
          .hasSize(Shape.ORDINARY.incidents());
    }
    assertThat(ledger.incidents().stream().filter(i -> i.scenario().isEmpty()))
        .hasSize(Shape.ORDINARY.unscripted());
    var seen = new HashSet<Long>();
    for (var incident : ledger.incidents()) {
      for (long number : incident.payments()) {
        assertThat(seen.add(number)).isTrue();
        assertThat(ledger.payments().get((int) number - 1).card()).isEqualTo(incident.card());
      }
    }
  }

  @Test
  void too_few_cards_for_so_many_incidents_are_refused() {
    assertThatThrownBy(() -> ledger(1, new Shape(100, 90, 60, 20, 30, 0.08, 1)))
        .hasMessageContaining("too few cards");
  }

  @Test
  void senseless_shapes_are_refused() {
    assertThatThrownBy(() -> new Shape(1, 90, 60, 20, 30, 0.08, 1)).hasMessageContaining("cards 1");
    assertThatThrownBy(() -> new Shape(2_400, 90, -1, 20, 30, 0.08, 1))
        .hasMessageContaining("incidents");
    assertThatThrownBy(() -> new Shape(2_400, 90, 60, 20, 30, 2, 1))
        .hasMessageContaining("travellers 2.0");
  }

  @Test
  void on_seeds_never_seen_each_scenario_is_mostly_found_and_alarms_are_mostly_right() {
    var all = new HashMap<Scenario, Score>();
    for (long seed = HELD_OUT_FIRST; seed <= HELD_OUT_LAST; seed++) {
      scores(seed, Shape.ORDINARY)
          .forEach((scenario, score) -> all.merge(scenario, score, Score::plus));
    }
    for (var scenario : Scenario.values()) {
      var score = all.get(scenario);
      System.out.println("held-out seeds, " + scenario + ": " + score);
      assertThat(score.precision().orElse(0)).as("precision of " + scenario).isGreaterThan(0.7);
      double least = scenario == Scenario.DEVICE_TAKEOVER ? 0.6 : 0.8;
      assertThat(score.recall().orElse(0)).as("recall of " + scenario).isGreaterThan(least);
    }
  }

  @Test
  void with_more_travellers_more_lookalikes_and_careful_thieves_the_rules_still_work() {
    var all = new HashMap<Scenario, Score>();
    for (long seed = HELD_OUT_FIRST; seed <= HELD_OUT_LAST; seed++) {
      scores(seed, Shape.SHIFTED)
          .forEach((scenario, score) -> all.merge(scenario, score, Score::plus));
    }
    for (var scenario : Scenario.values()) {
      var score = all.get(scenario);
      System.out.println("shifted, " + scenario + ": " + score);
      assertThat(score.precision().orElse(0)).as("precision of " + scenario).isGreaterThan(0.55);
      // Careful thieves pay less than a card that wakes up has to pay from day 60 on.
      assertThat(score.recall().orElse(0)).as("recall of " + scenario).isGreaterThan(0.6);
    }
  }

  @Test
  void on_seeds_never_seen_the_rules_beat_the_baseline_also_with_shifted_parameters() {
    for (var shape : List.of(Shape.ORDINARY, Shape.SHIFTED)) {
      var rules = Score.NONE;
      var baseline = Score.NONE;
      var detection = new EnumMap<Scenario, Detection>(Scenario.class);
      for (long seed = HELD_OUT_FIRST; seed <= HELD_OUT_LAST; seed++) {
        var ledger = ledger(seed, shape);
        var alarms = alarms(ledger);
        var judge = new Judge(ledger, ledger.payments().size());
        rules = rules.plus(judge.overall(numbers(alarms.stream().map(FraudAlarm::payment))));
        baseline = baseline.plus(judge.overall(large(ledger)));
        judge.detection(alarms).forEach((of, time) -> detection.merge(of, time, Detection::plus));
      }
      System.out.println(shape + ": any " + rules + "; baseline " + baseline + "; " + detection);
      assertThat(rules.precision().orElse(0)).isGreaterThan(2 * baseline.precision().orElse(1));
      assertThat(rules.recall().orElse(0)).isGreaterThan(1.5 * baseline.recall().orElse(1));
      assertThat(detection.get(Scenario.VELOCITY_BURST).toString()).doesNotContain("-");
    }
  }

  private static Set<Long> large(Ledger ledger) {
    return numbers(
        ledger.payments().stream()
            .filter(payment -> payment.cents() >= FraudSample.BASELINE_CENTS)
            .map(Payment::number));
  }

  private static Set<Long> numbers(Stream<Long> of) {
    return of.collect(Collectors.toSet());
  }

  @Test
  void every_alarm_is_explained_by_values_that_are_beyond_their_limits() {
    var alarms = alarms(ledger(HELD_OUT_FIRST, Shape.ORDINARY));

    assertThat(alarms).hasSizeGreaterThan(200);
    for (var alarm : alarms) {
      assertThat(alarm.because().findings())
          .as(alarm.toString())
          .hasSizeGreaterThanOrEqualTo(2)
          .allMatch(Finding::holds);
      assertThat(alarm.because().history().payments()).as(alarm.toString()).isPositive();
    }
  }

  @Test
  void without_fraud_hardly_an_alarm_is_given() {
    var ledger = ledger(1, new Shape(2_400, 90, 0, 0, 0, 0.08, 1));

    assertThat((double) alarms(ledger).size() / ledger.payments().size()).isLessThan(0.002);
  }
}
