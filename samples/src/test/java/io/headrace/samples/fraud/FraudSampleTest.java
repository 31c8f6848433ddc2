package io.headrace.samples.fraud;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.function.Codec;
import io.headrace.function.json.Json;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class FraudSampleTest {
  private static FraudSample sample() {
    return new FraudSample(new SplittableRandom(FraudSample.SEED));
  }

  /** Plays the first entries as the stream would, decoded from what is put. */
  private static List<FraudAlarm> alarms(FraudSample sample, long put) {
    var signals = new ArrayList<Signal>();
    var entries = sample.entries();
    for (long i = 0; i < put; i++) {
      var next = entries.next();
      var codec =
          sample.spec().inputs().stream()
              .filter(input -> input.source().equals(next.stream()))
              .findFirst()
              .orElseThrow()
              .codec();
      signals.add(decoded(codec, next.entry().data()));
    }
    return PlainRun.alarms(signals, FraudSample::inForce);
  }

  private static Signal decoded(Codec<? extends Signal> codec, byte[] data) {
    try {
      return codec.decode(data, codec.version());
    } catch (Exception unreadable) {
      throw new AssertionError(unreadable);
    }
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> scenario(Map<String, Object> figures, String name) {
    return (Map<String, Object>) ((Map<String, Object>) figures.get("scenarios")).get(name);
  }

  @Test
  void the_figures_of_the_documented_seed_are_always_the_same() {
    var sample = sample();
    alarms(sample, sample.size()).forEach(sample::take);
    var result = sample.result(sample.size());
    result.lines().forEach(System.out::println);

    var again = sample();
    alarms(again, again.size()).forEach(again::take);
    assertThat(again.result(again.size())).isEqualTo(result);

    for (var name :
        List.of(
            "velocity burst",
            "impossible travel",
            "small then large",
            "dormant card",
            "device takeover")) {
      var figures = scenario(result.figures(), name);
      assertThat((double) figures.get("precision")).as(name).isGreaterThan(0.7);
      // One thief in ten knows the password, and some pay when the device is no news any more.
      double least = name.equals("device takeover") ? 0.6 : 0.8;
      assertThat((double) figures.get("recall")).as(name).isGreaterThan(least);
    }
  }

  @Test
  @SuppressWarnings("unchecked")
  void the_rules_are_better_than_asking_about_every_large_payment() {
    var sample = sample();
    alarms(sample, sample.size()).forEach(sample::take);
    var figures = sample.result(sample.size()).figures();
    var rules = (Map<String, Object>) figures.get("overall");
    var baseline = (Map<String, Object>) figures.get("baseline");

    assertThat((double) rules.get("precision"))
        .isGreaterThan(2 * (double) baseline.get("precision"));
    assertThat((double) rules.get("recall")).isGreaterThan(1.5 * (double) baseline.get("recall"));
  }

  @Test
  void the_record_on_the_stream_does_not_tell_the_scenario() {
    var json = new String(sample().entries().next().entry().data(), StandardCharsets.UTF_8);

    assertThat(json)
        .contains("\"card\"", "\"cents\"", "\"place\"")
        .doesNotContain("scenario")
        .doesNotContain("incident")
        .doesNotContain("raud");
  }

  @Test
  void alarms_that_come_again_are_counted_and_change_no_other_figure() {
    var sample = sample();
    var alarms = alarms(sample, sample.size());
    alarms.forEach(sample::take);
    var once = new HashMap<>(sample.result(sample.size()).figures());
    alarms.forEach(sample::take);
    var twice = new HashMap<>(sample.result(sample.size()).figures());

    assertThat(twice.remove("repeated")).isEqualTo((long) alarms.size());
    once.remove("repeated");
    assertThat(twice).isEqualTo(once);
  }

  private static Payment payment(long number, String card, long cents) {
    return new Payment(
        number, card, Instant.EPOCH.plusSeconds(number), "shop", true, new Place(0, 0), cents);
  }

  private static Incident burst(String card, Long... payments) {
    return new Incident(Optional.of(Scenario.VELOCITY_BURST), card, Set.of(payments));
  }

  private static FraudAlarm alarm(Scenario scenario, long payment) {
    var history = new Explanation.History(0, Optional.empty(), Optional.empty());
    return new FraudAlarm(
        scenario,
        "a",
        payment,
        Instant.EPOCH.plusSeconds(payment),
        0,
        new Explanation(List.of(), history));
  }

  @Test
  void an_incident_counts_once_it_was_put_whole_and_is_found_by_any_of_its_payments() {
    var payments = List.of(payment(1, "a", 5), payment(2, "a", 5), payment(3, "a", 5));
    var sample = new FraudSample(new Ledger(payments, List.of(), List.of(burst("a", 2L, 3L))));

    assertThat(scenario(sample.result(2).figures(), "velocity burst"))
        .containsEntry("found", 0L)
        .containsEntry("missed", 0L);
    assertThat(scenario(sample.result(3).figures(), "velocity burst")).containsEntry("missed", 1L);

    sample.take(alarm(Scenario.VELOCITY_BURST, 2));
    assertThat(scenario(sample.result(3).figures(), "velocity burst"))
        .containsEntry("found", 1L)
        .containsEntry("right", 1L);
  }

  @Test
  void the_time_to_detection_counts_from_the_first_payment_of_the_incident_to_its_first_alarm() {
    var payments =
        List.of(payment(1, "a", 5), payment(2, "b", 5), payment(3, "a", 5), payment(4, "a", 5));
    var sample = new FraudSample(new Ledger(payments, List.of(), List.of(burst("a", 1L, 3L, 4L))));

    sample.take(alarm(Scenario.DORMANT_CARD, 1));
    assertThat(scenario(sample.result(4).figures(), "velocity burst"))
        .doesNotContainKey("medianSeconds");

    sample.take(alarm(Scenario.VELOCITY_BURST, 4));
    sample.take(alarm(Scenario.VELOCITY_BURST, 3));
    assertThat(scenario(sample.result(4).figures(), "velocity burst"))
        .containsEntry("medianSeconds", 2L)
        .containsEntry("longestSeconds", 2L);
  }

  @Test
  void the_time_within_which_nine_in_ten_were_found_is_that_of_the_ninth() {
    var delays = LongStream.rangeClosed(1, 10).mapToObj(Duration::ofSeconds).toList();

    assertThat(new Detection(delays.subList(4, 10)).plus(new Detection(delays.subList(0, 4))))
        .hasToString("after 5 s in the median, 9 s for 9 in 10, 10 s at most");
    assertThat(Detection.NONE).hasToString("-");
  }

  @Test
  @SuppressWarnings("unchecked")
  void without_any_one_rule_less_fraud_is_found() {
    var sample = sample();
    alarms(sample, sample.size()).forEach(sample::take);
    var figures = sample.result(sample.size()).figures();
    long found = (long) ((Map<String, Object>) figures.get("overall")).get("found");
    var without = (Map<String, Map<String, Object>>) figures.get("without");

    assertThat(without).hasSize(Scenario.values().length);
    without.forEach(
        (rule, score) -> assertThat((long) score.get("found")).as(rule).isLessThan(found - 30));
  }

  @Test
  void an_alarm_of_another_scenario_is_wrong_and_finds_nothing() {
    var payments = List.of(payment(1, "a", 5), payment(2, "a", 5));
    var sample = new FraudSample(new Ledger(payments, List.of(), List.of(burst("a", 1L, 2L))));
    sample.take(alarm(Scenario.DORMANT_CARD, 2));

    var figures = sample.result(2).figures();

    assertThat(scenario(figures, "dormant card")).containsEntry("wrong", 1L);
    assertThat(scenario(figures, "velocity burst")).containsEntry("missed", 1L);
    assertThat(figures.get("overall").toString()).contains("right=1", "found=1");
  }

  @Test
  void fraud_of_no_scenario_counts_as_missed_overall() {
    var other = new Incident(Optional.empty(), "a", Set.of(1L));
    var sample =
        new FraudSample(new Ledger(List.of(payment(1, "a", 5)), List.of(), List.of(other)));

    assertThat(sample.result(1).figures().get("overall").toString()).contains("missed=1");
    assertThat(scenario(sample.result(1).figures(), "dormant card")).containsEntry("missed", 0L);
  }

  @Test
  void what_is_remembered_of_a_card_survives_being_stored_and_stays_below_three_kilobytes() {
    var codec = Json.of(CardState.class);
    var state = CardState.NEW;
    for (int i = 1; i <= 20; i++) {
      assertThat(codec.decode(codec.encode(state), codec.version())).isEqualTo(state);
      state = CardJudge.by(Rules.BUILT_IN).judge(state, payment(i, "a", 1_00_000), 90).state();
      state = CardJudge.seen(state, new Login("a", Instant.EPOCH.plusSeconds(i), "d"));
      state = CardJudge.seen(state, new DeviceChange("a", Instant.EPOCH.plusSeconds(i), "d"));
    }
    assertThat(codec.encode(state)).hasSizeLessThan(3 << 10);
  }
}
