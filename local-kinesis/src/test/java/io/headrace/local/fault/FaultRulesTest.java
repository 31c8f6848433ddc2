package io.headrace.local.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which requests rules strike. */
class FaultRulesTest {
  private static final FaultEffect FAILURE = FaultCodes.error("InternalFailure", null, 0);
  private static final FaultEffect CUT = new FaultEffect.Cut(false);

  private record Call(String action, String stream, String consumer, String shard)
      implements FaultTarget {
    @Override
    public boolean touches(String other) {
      return other.equals(shard);
    }
  }

  private static final Call PUT = new Call("PutRecord", "orders", null, "s-0");

  @Test
  void without_rules_nothing_is_struck_and_nothing_is_locked() {
    FaultRules rules = new FaultRules(1);

    assertThat(rules.isEmpty()).isTrue();
    assertThat(rules.strike(PUT)).isNull();
  }

  @Test
  void a_rule_strikes_what_fits_all_it_names_and_nothing_else() {
    FaultRule rule =
        FaultRule.of(FAILURE).action("PutRecord").stream("orders").shard("s-0").consumer("c");
    FaultRules rules = new FaultRules(1);
    rules.add(rule);

    assertThat(rules.strike(new Call("PutRecord", "orders", "c", "s-0"))).isNotNull();
    assertThat(rules.strike(new Call("PutRecords", "orders", "c", "s-0"))).isNull();
    assertThat(rules.strike(new Call("PutRecord", "others", "c", "s-0"))).isNull();
    assertThat(rules.strike(new Call("PutRecord", null, "c", "s-0"))).isNull();
    assertThat(rules.strike(new Call("PutRecord", "orders", null, "s-0"))).isNull();
    assertThat(rules.strike(new Call("PutRecord", "orders", "c", "s-1"))).isNull();
  }

  @Test
  void counts_choose_among_the_requests_that_fit() {
    assertThat(struck(FaultRule.of(FAILURE).first(2), 10)).containsExactly(1, 2);
    assertThat(struck(FaultRule.of(FAILURE).every(3), 10)).containsExactly(3, 6, 9);
    assertThat(struck(FaultRule.of(FAILURE).every(3).first(6), 10)).containsExactly(3, 6);
    assertThat(struck(FaultRule.of(FAILURE).probability(0), 10)).isEmpty();
  }

  @Test
  void requests_that_do_not_fit_are_not_counted() {
    FaultRules rules = new FaultRules(1);
    rules.add(FaultRule.of(FAILURE).action("GetRecords").first(1));

    rules.strike(PUT);

    assertThat(rules.strike(new Call("GetRecords", "orders", null, "s-0"))).isNotNull();
    assertThat(rules.strike(new Call("GetRecords", "orders", null, "s-0"))).isNull();
  }

  @Test
  void the_same_seed_and_the_same_requests_are_struck_alike_and_another_seed_otherwise() {
    assertThat(courses(42)).isEqualTo(courses(42));
    assertThat(courses(42)).isNotEqualTo(courses(43));
    long hits =
        courses(42).stream().filter(course -> course != null && course.rule() != null).count();
    assertThat(hits).isBetween(250L, 350L);
  }

  @Test
  void a_rule_draws_for_itself_whatever_other_rules_do() {
    FaultRules alone = new FaultRules(7);
    alone.add(FaultRule.of(FAILURE).probability(0.5));
    FaultRules beside = new FaultRules(7);
    beside.add(FaultRule.of(FAILURE).probability(0.5));
    beside.add(FaultRule.of(new FaultEffect.Delay(Duration.ZERO, Duration.ofSeconds(1))));

    for (int i = 0; i < 100; i++) {
      Struck one = alone.strike(PUT);
      Struck other = beside.strike(PUT);
      assertThat(other == null ? null : other.rule()).isEqualTo(one == null ? null : one.rule());
    }
  }

  @Test
  void the_first_effect_decides_and_delays_add_up_beside_it() {
    FaultRules rules = new FaultRules(1);
    rules.add(delay(100, 100));
    rules.add(FaultRule.of(CUT));
    rules.add(FaultRule.of(FAILURE));
    rules.add(delay(20, 20));

    Struck struck = rules.strike(PUT);

    assertThat(struck.delay()).isEqualTo(Duration.ofMillis(120));
    assertThat(struck.rule().effect()).isEqualTo(CUT);
  }

  @Test
  void a_delay_is_drawn_within_its_bounds() {
    FaultRules rules = new FaultRules(1);
    rules.add(delay(100, 300));
    List<Duration> delays = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      delays.add(rules.strike(PUT).delay());
    }

    assertThat(delays)
        .allSatisfy(
            each -> assertThat(each).isBetween(Duration.ofMillis(100), Duration.ofMillis(300)))
        .doesNotHaveDuplicates();
  }

  @Test
  void rules_can_be_taken_away_one_by_one_and_all_at_once() {
    FaultRules rules = new FaultRules(1);
    rules.add(FaultRule.of(CUT));
    rules.add(FaultRule.of(FAILURE));

    assertThat(rules.remove(FaultRule.of(CUT))).isTrue();
    assertThat(rules.remove(FaultRule.of(CUT))).isFalse();
    assertThat(rules.rules()).containsExactly(FaultRule.of(FAILURE));
    rules.clear();
    assertThat(rules.isEmpty()).isTrue();
    assertThat(rules.strike(PUT)).isNull();
  }

  @Test
  void after_a_clear_the_same_rules_draw_the_same_again() {
    FaultRules rules = new FaultRules(3);
    List<Integer> before = struck(rules, FaultRule.of(FAILURE).probability(0.5), 50);
    rules.clear();

    assertThat(struck(rules, FaultRule.of(FAILURE).probability(0.5), 50)).isEqualTo(before);
  }

  @Test
  void more_rules_than_the_limit_are_refused_and_the_others_stay() {
    FaultRules rules = new FaultRules(1);
    for (int i = 0; i < FaultRules.RULES_MAX; i++) {
      rules.add(FaultRule.of(CUT));
    }

    assertThatThrownBy(() -> rules.add(FaultRule.of(CUT)))
        .hasMessage("there are 1001 rules, and at most 1000 are allowed");
    assertThat(rules.rules()).hasSize(FaultRules.RULES_MAX);
  }

  @Test
  void a_rule_that_makes_no_sense_is_refused_by_field_and_value() {
    FaultRule rule = FaultRule.of(FAILURE);
    assertThatThrownBy(() -> rule.probability(1.5))
        .hasMessage("probability must be in 0..1 but is 1.5");
    assertThatThrownBy(() -> rule.every(0)).hasMessage("every must be at least 1 but is 0");
    assertThatThrownBy(() -> FaultCodes.error("not a code", null, 0))
        .hasMessage(
            "code must be the name of an error, such as InternalFailure, but is 'not a code'");
    assertThatThrownBy(() -> FaultCodes.error("InternalFailure", null, 200))
        .hasMessage("status must be in 400..599 but is 200");
    assertThatThrownBy(() -> delay(20, 10))
        .hasMessage(
            "delay must be a time or two in order, from 0 to 600000 ms, but is 20 to 10 ms");
    assertThatThrownBy(
            () -> FaultRule.of(new FaultEffect.FailRecords(1, "X", null)).action("PutRecord"))
        .hasMessage("failRecords is for the action PutRecords only, and the action is PutRecord");
  }

  private static List<Struck> courses(long seed) {
    FaultRules rules = new FaultRules(seed);
    rules.add(FaultRule.of(FAILURE).probability(0.3));
    rules.add(delay(0, 50).probability(0.5));
    List<Struck> course = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      course.add(rules.strike(PUT));
    }
    return course;
  }

  private static FaultRule delay(long min, long max) {
    return FaultRule.of(new FaultEffect.Delay(Duration.ofMillis(min), Duration.ofMillis(max)));
  }

  private static List<Integer> struck(FaultRule rule, int calls) {
    return struck(new FaultRules(1), rule, calls);
  }

  private static List<Integer> struck(FaultRules rules, FaultRule rule, int calls) {
    rules.add(rule);
    List<Integer> struck = new ArrayList<>();
    for (int i = 1; i <= calls; i++) {
      if (rules.strike(PUT) != null) {
        struck.add(i);
      }
    }
    return struck;
  }
}
