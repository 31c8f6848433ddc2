package io.headrace.samples.fraud;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.headrace.harness.FunctionHarness;
import java.time.Instant;
import java.util.HashSet;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class FraudFunctionTest {
  private final Ledger ledger =
      new LedgerGenerator(new SplittableRandom(FraudSample.SEED), Shape.ORDINARY).generate();
  private final FraudSample sample = new FraudSample(ledger);
  private final FunctionHarness<Payment, FraudAlarm> harness = FunctionHarness.of(sample.spec());
  private final Instant start = Instant.parse("2026-03-01T00:00:00Z");

  private void pays(String card, long number) {
    put(
        new Payment(
            number, card, start.plusSeconds(number), "shop", false, new Place(0, 0), 20_00));
  }

  private void put(Payment payment) {
    harness.put(payment.card(), payment, harness.now());
  }

  @Test
  void payments_of_different_cards_make_no_burst() {
    for (int number = 1; number <= 20; number++) {
      pays("card-" + number % 5, number);
    }
    assertThat(harness.output()).isEmpty();
  }

  @Test
  void a_crash_in_the_middle_of_a_burst_gives_the_same_alarm() {
    for (int number = 1; number <= 4; number++) {
      pays("card-1", number);
    }
    harness.crash();
    pays("card-1", 5);

    assertThat(harness.output())
        .extracting(FraudAlarm::scenario, FraudAlarm::payment)
        .containsOnly(tuple(Scenario.VELOCITY_BURST, 5L));
  }

  @Test
  void
      all_payments_through_the_function_give_the_alarms_of_the_rules_through_crash_split_and_merge() {
    for (var payment : ledger.payments()) {
      put(payment);
      switch ((int) payment.number()) {
        case 7_000 -> harness.split();
        case 14_000 -> harness.crash();
        case 21_000 -> harness.merge();
        default -> {}
      }
    }
    harness.output().forEach(sample::take);

    assertThat(sample.result(sample.size()).figures()).containsEntry("contradicting", 0L);
    assertThat(new HashSet<>(harness.output()))
        .isEqualTo(new HashSet<>(LedgerGeneratorTest.alarms(ledger)));
  }
}
