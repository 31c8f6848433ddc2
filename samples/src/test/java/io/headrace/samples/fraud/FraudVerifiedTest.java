package io.headrace.samples.fraud;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.function.Destination;
import io.headrace.harness.FunctionVerifier;
import io.headrace.kcl.StreamSource;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class FraudVerifiedTest {
  private static Payment payment(String card, long number) {
    var at = Instant.parse("2026-03-01T00:00:00Z").plusSeconds(number);
    return new Payment(number, card, at, "shop", false, new Place(0, 0), 20_00);
  }

  @Test
  void a_burst_is_found_however_the_worker_is_disturbed() {
    FunctionVerifier.of(FraudFunction.spec(StreamSource.kinesis("payments"), Destination.nowhere()))
        .put("card-1", payment("card-1", 1), payment("card-1", 2), payment("card-1", 3))
        .put("card-2", payment("card-2", 1))
        .put("card-1", payment("card-1", 4), payment("card-1", 5))
        .verify();
  }

  private static Payment payment(long number, long days, long seconds, Place at, long cents) {
    var time = Instant.parse("2026-03-01T00:00:00Z").plus(Duration.ofDays(days));
    return new Payment(number, "card-1", time.plusSeconds(seconds), "shop", true, at, cents);
  }

  /** A habit, a tiny payment with a large one behind it, a copy far away, a month's sleep. */
  @Test
  void alarms_and_their_explanations_are_the_same_however_the_worker_is_disturbed() {
    var home = new Place(38.72, -9.14);
    var alarms = new ArrayList<Scenario>();
    var payments =
        List.of(
            payment(1, 0, 0, home, 30_00),
            payment(2, 2, 0, home, 31_00),
            payment(3, 4, 0, home, 29_00),
            payment(4, 5, 0, home, 1_00),
            payment(5, 5, 600, home, 400_00),
            payment(6, 5, 1200, new Place(35.68, 139.69), 20_00),
            payment(7, 45, 0, home, 300_00));
    var card = CardState.NEW;
    for (var payment : payments) {
      var verdict = FraudFunction.judge(card, payment);
      verdict.alarms().forEach(alarm -> alarms.add(alarm.scenario()));
      card = verdict.state();
    }
    assertThat(alarms)
        .containsExactly(
            Scenario.SMALL_THEN_LARGE, Scenario.IMPOSSIBLE_TRAVEL, Scenario.DORMANT_CARD);

    var verdict =
        FunctionVerifier.of(
                FraudFunction.spec(StreamSource.kinesis("payments"), Destination.nowhere()))
            .put("card-1", payments.toArray(Payment[]::new))
            .verify();

    assertThat(verdict.runs()).isGreaterThan(100);
    assertThat(verdict.leftOut()).allMatch(what -> what.startsWith("ROLL"));
  }
}
