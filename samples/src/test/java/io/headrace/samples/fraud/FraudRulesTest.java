package io.headrace.samples.fraud;

import static io.headrace.samples.fraud.Finding.Bound.AT_LEAST;
import static io.headrace.samples.fraud.Finding.Bound.AT_MOST;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class FraudRulesTest {
  private static final Place LISBON = new Place(38.72, -9.14);
  private static final Place SINTRA = new Place(38.80, -9.38);
  private static final Place TOKYO = new Place(35.68, 139.69);

  private Rules rules = Rules.BUILT_IN;
  private CardState card = CardState.NEW;
  private Instant now = Instant.parse("2026-03-01T12:00:00Z");
  private long number;

  private List<Scenario> pays(Duration later, long cents, boolean inPerson, Place place) {
    now = now.plus(later);
    return judge(new Payment(++number, "card-1", now, "shop", inPerson, place, cents));
  }

  private List<Scenario> pays(Duration later, long cents) {
    return pays(later, cents, false, LISBON);
  }

  private List<Scenario> judge(Payment payment) {
    var verdict = CardJudge.by(rules).judge(card, payment, 0);
    card = verdict.state();
    return verdict.alarms().stream().map(FraudAlarm::scenario).toList();
  }

  private void paysEveryFewDays(int times) {
    for (int i = 0; i < times; i++) {
      assertThat(pays(Duration.ofDays(3), 30_00)).isEmpty();
    }
  }

  private CardJudge only(Scenario scenario) {
    return new CardJudge(rules, Set.of(scenario));
  }

  private static Duration minutes(long minutes) {
    return Duration.ofMinutes(minutes);
  }

  @Test
  void five_payments_in_ten_minutes_give_one_alarm() {
    for (int i = 1; i < 5; i++) {
      assertThat(pays(minutes(2), 20_00)).isEmpty();
    }
    assertThat(pays(minutes(2), 20_00)).containsExactly(Scenario.VELOCITY_BURST);
    assertThat(pays(minutes(2), 20_00)).isEmpty();
  }

  @Test
  void four_payments_in_ten_minutes_are_a_shopper_in_a_hurry() {
    for (int i = 0; i < 40; i++) {
      assertThat(pays(Duration.ofSeconds(151), 20_00)).isEmpty();
    }
  }

  @Test
  void a_second_burst_after_a_pause_gives_an_alarm_of_its_own() {
    for (int i = 0; i < 7; i++) {
      pays(minutes(1), 20_00);
    }
    assertThat(pays(minutes(60), 20_00)).isEmpty();
    for (int i = 0; i < 3; i++) {
      assertThat(pays(minutes(1), 20_00)).isEmpty();
    }
    assertThat(pays(minutes(1), 20_00)).containsExactly(Scenario.VELOCITY_BURST);
  }

  @Test
  void a_payment_where_the_owner_cannot_be_gives_one_alarm() {
    assertThat(pays(minutes(0), 20_00, true, LISBON)).isEmpty();
    assertThat(pays(minutes(60), 20_00, true, TOKYO)).containsExactly(Scenario.IMPOSSIBLE_TRAVEL);
    assertThat(pays(minutes(30), 20_00, true, TOKYO)).isEmpty();
  }

  @Test
  void the_owner_who_goes_on_paying_at_home_gives_no_alarm() {
    pays(minutes(0), 20_00, true, LISBON);
    pays(minutes(60), 20_00, true, TOKYO);

    assertThat(pays(minutes(60), 20_00, true, SINTRA)).isEmpty();
    assertThat(pays(minutes(60), 20_00, true, TOKYO)).containsExactly(Scenario.IMPOSSIBLE_TRAVEL);
  }

  @Test
  void a_traveller_by_air_gives_no_alarm() {
    double km = LISBON.kmTo(TOKYO);
    pays(minutes(0), 20_00, true, LISBON);

    assertThat(pays(minutes((long) (km / 830 * 60)), 20_00, true, TOKYO)).isEmpty();
    assertThat(pays(minutes(60), 20_00, true, TOKYO)).isEmpty();
  }

  @Test
  void a_payment_over_the_network_says_nothing_of_where_the_card_is() {
    pays(minutes(0), 20_00, true, LISBON);

    assertThat(pays(minutes(5), 20_00, false, TOKYO)).isEmpty();
    assertThat(pays(minutes(5), 20_00, true, LISBON)).isEmpty();
  }

  @Test
  void two_payments_at_one_instant_in_two_cities_are_impossible() {
    pays(minutes(0), 20_00, true, LISBON);

    assertThat(pays(Duration.ZERO, 20_00, true, TOKYO)).containsExactly(Scenario.IMPOSSIBLE_TRAVEL);
  }

  @Test
  void a_tiny_payment_and_then_a_large_one_give_an_alarm() {
    paysEveryFewDays(4);

    assertThat(pays(Duration.ofDays(1), 1_00)).isEmpty();
    assertThat(pays(minutes(20), 400_00)).containsExactly(Scenario.SMALL_THEN_LARGE);
    assertThat(pays(minutes(20), 400_00)).isEmpty();
  }

  @Test
  void a_large_payment_without_a_tiny_one_before_it_gives_none() {
    paysEveryFewDays(4);

    assertThat(pays(Duration.ofDays(1), 400_00)).isEmpty();
  }

  @Test
  void after_an_hour_the_tiny_payment_is_forgotten() {
    paysEveryFewDays(4);
    pays(Duration.ofDays(1), 1_00);

    assertThat(pays(minutes(61), 400_00)).isEmpty();
  }

  @Test
  void what_is_large_for_others_may_be_usual_for_the_card() {
    for (int i = 0; i < 4; i++) {
      pays(Duration.ofDays(3), 300_00);
    }
    pays(Duration.ofDays(1), 1_00);

    assertThat(pays(minutes(20), 400_00)).isEmpty();
  }

  @Test
  void a_card_that_wakes_up_spending_gives_one_alarm() {
    paysEveryFewDays(5);

    assertThat(pays(Duration.ofDays(40), 300_00)).containsExactly(Scenario.DORMANT_CARD);
    assertThat(pays(minutes(60), 300_00)).isEmpty();
  }

  @Test
  void a_card_that_tries_little_first_is_still_watched_for_a_day() {
    paysEveryFewDays(5);

    assertThat(pays(Duration.ofDays(40), 20_00)).isEmpty();
    assertThat(pays(Duration.ofHours(23), 300_00)).containsExactly(Scenario.DORMANT_CARD);
  }

  @Test
  void a_card_that_wakes_up_modestly_gives_none() {
    paysEveryFewDays(5);

    assertThat(pays(Duration.ofDays(40), 60_00)).isEmpty();
    assertThat(pays(Duration.ofDays(2), 300_00)).isEmpty();
  }

  @Test
  void a_card_that_always_pays_once_a_month_is_not_asleep() {
    for (int i = 0; i < 6; i++) {
      pays(Duration.ofDays(32), 30_00);
    }
    assertThat(pays(Duration.ofDays(40), 300_00)).isEmpty();
  }

  @Test
  void an_alarm_says_what_was_measured_against_which_limit_and_what_was_known_of_the_card() {
    paysEveryFewDays(4);
    pays(Duration.ofDays(1), 1_00);
    var lastPaid = now;
    now = now.plus(minutes(20));
    var alarms =
        CardJudge.by(rules)
            .judge(card, new Payment(++number, "card-1", now, "shop", false, LISBON, 400_00), 0)
            .alarms();

    assertThat(alarms)
        .extracting(FraudAlarm::because)
        .containsExactly(
            new Explanation(
                List.of(
                    new Finding(
                        "seconds since a payment of 200 cents or less", 1200, AT_MOST, 3600),
                    new Finding("cents", 400_00, AT_LEAST, 150_00),
                    new Finding(
                        "cents, against 5 times what is usual for the card",
                        400_00,
                        AT_LEAST,
                        150_00)),
                new Explanation.History(5, Optional.of(30_00L), Optional.of(lastPaid))));
    assertThat(alarms.get(0).because().toString())
        .isEqualTo(
            "seconds since a payment of 200 cents or less 1200 (at most 3600), cents 40000 (at"
                + " least 15000), cents, against 5 times what is usual for the card 40000 (at"
                + " least 15000); before it 5 payments, usually of 3000 cents, the last one at "
                + lastPaid);
  }

  @Test
  void a_rule_that_is_switched_off_gives_no_alarm_and_lets_the_others_go_on() {
    for (int i = 1; i < 5; i++) {
      pays(minutes(1), 20_00);
    }
    var fifth = new Payment(5, "card-1", now.plusSeconds(5), "shop", false, LISBON, 20_00);

    assertThat(only(Scenario.DORMANT_CARD).judge(card, fifth, 0).alarms()).isEmpty();
    assertThat(only(Scenario.VELOCITY_BURST).judge(card, fifth, 0).alarms()).hasSize(1);
  }

  @Test
  void a_payment_that_comes_again_changes_nothing() {
    pays(minutes(0), 20_00, true, LISBON);
    var before = card;

    assertThat(judge(new Payment(1, "card-1", now, "shop", true, TOKYO, 20_00))).isEmpty();
    assertThat(card).isEqualTo(before);
  }

  @Test
  void amounts_that_gave_an_alarm_do_not_become_usual() {
    paysEveryFewDays(5);
    pays(Duration.ofDays(40), 300_00);

    assertThat(card.habit()).doesNotContain(300_00L);
  }

  @Test
  void what_is_remembered_stays_small() {
    for (int i = 0; i < 200; i++) {
      pays(Duration.ofSeconds(10), 20_00);
      assertThat(card.habit()).hasSizeLessThanOrEqualTo(9);
      assertThat(card.burst().recent()).hasSizeLessThanOrEqualTo(5);
    }
  }

  @Test
  void other_limits_are_kept_from_the_next_payment_on() {
    for (int i = 1; i < 4; i++) {
      assertThat(pays(minutes(2), 20_00)).isEmpty();
    }
    rules = FraudSample.TIGHTENED;
    assertThat(pays(minutes(2), 20_00)).containsExactly(Scenario.VELOCITY_BURST);
  }

  @Test
  void limits_that_make_no_sense_are_refused_by_name() {
    assertThatThrownBy(() -> new Rules.Velocity(1, 600))
        .hasMessage("velocity.payments 1: must be between 2 and 20");
    assertThatThrownBy(() -> new Rules.Takeover(1_800, 101, 120))
        .hasMessage("takeover.riskPercent 101: must be between 0 and 100");
    byte[] cut = "{\"version\": 7, \"from\": \"2026-03-01T00:00:00Z\"}".getBytes(UTF_8);
    assertThatThrownBy(() -> Rules.CODEC.decode(cut, Rules.CODEC.version()))
        .hasMessageContaining("velocity");
  }

  private void changesDevice(Duration later) {
    now = now.plus(later);
    card = CardJudge.seen(card, new DeviceChange("card-1", now, "phone"));
  }

  private List<Scenario> paysRisky(Duration later) {
    now = now.plus(later);
    var payment = new Payment(++number, "card-1", now, "casino", false, LISBON, 20_00);
    var verdict = CardJudge.by(rules).judge(card, payment, 90);
    card = verdict.state();
    return verdict.alarms().stream().map(FraudAlarm::scenario).toList();
  }

  private List<Scenario> settled(Duration later) {
    var verdict = CardJudge.settle("card-1", card, now.plus(later));
    card = verdict.state();
    return verdict.alarms().stream().map(FraudAlarm::scenario).toList();
  }

  @Test
  void a_risky_payment_on_a_fresh_device_that_no_login_follows_gives_an_alarm() {
    changesDevice(minutes(0));
    assertThat(paysRisky(minutes(30))).isEmpty();
    assertThat(settled(Duration.ofSeconds(119))).isEmpty();
    assertThat(settled(minutes(2))).containsExactly(Scenario.DEVICE_TAKEOVER);
    assertThat(settled(minutes(60))).isEmpty();
  }

  @Test
  void a_login_in_time_a_known_device_or_a_harmless_merchant_give_none() {
    changesDevice(minutes(0));
    paysRisky(minutes(5));
    card = CardJudge.seen(card, new Login("card-1", now.plusSeconds(120), "phone"));
    assertThat(settled(minutes(2))).isEmpty();

    paysRisky(minutes(31));
    assertThat(settled(minutes(2))).isEmpty();

    changesDevice(minutes(60));
    pays(minutes(5), 20_00);
    assertThat(settled(minutes(2))).isEmpty();
  }

  @Test
  void what_came_on_three_streams_is_judged_alike_in_any_order() {
    paysRisky(minutes(10));
    changesDevice(minutes(-3));
    now = now.plus(minutes(3));
    card = CardJudge.seen(card, new Login("card-1", now.minusSeconds(10), "phone"));
    assertThat(settled(minutes(2))).containsExactly(Scenario.DEVICE_TAKEOVER);
  }

  @Test
  void a_payment_in_doubt_is_judged_by_the_limits_of_its_time() {
    changesDevice(minutes(0));
    paysRisky(minutes(5));
    rules =
        new Rules(
            9,
            now,
            rules.velocity(),
            rules.travel(),
            rules.probe(),
            rules.dormancy(),
            new Rules.Takeover(60, 100, 1));
    paysRisky(minutes(1));

    var verdict = CardJudge.settle("card-1", card, now.plus(minutes(5)));
    assertThat(verdict.alarms())
        .extracting(FraudAlarm::payment, FraudAlarm::rules)
        .containsExactly(tuple(1L, 0L));
  }
}
