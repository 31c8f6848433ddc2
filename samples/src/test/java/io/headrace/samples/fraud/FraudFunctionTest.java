package io.headrace.samples.fraud;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.headrace.harness.FunctionHarness;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class FraudFunctionTest {
  /** As many kinds of story as the ordinary one, in fewer lives. */
  private static final Shape SMALL = new Shape(400, 90, 6, 2, 3, 0.08, 1);

  private static final Duration SETTLING = Rules.BROADCAST.settling();

  private final Ledger ledger =
      new LedgerGenerator(new SplittableRandom(FraudSample.SEED), SMALL).generate();
  private final FraudSample sample = new FraudSample(ledger);
  private final FunctionHarness<Signal, FraudAlarm> harness = FunctionHarness.of(sample.spec());
  private final Instant start = LedgerGenerator.START;

  @AfterEach
  void close() {
    harness.close();
  }

  private void pays(String card, long number) {
    put(
        new Payment(
            number, card, start.plusSeconds(number), "shop", false, new Place(0, 0), 20_00));
  }

  private void put(Signal signal) {
    harness.putKeyed(signal.card(), signal);
  }

  private void end() {
    harness.putToEachShard(Payment.END);
    harness.putToEachShard(Login.END);
    harness.putToEachShard(DeviceChange.END);
    // Shards from which nothing ever came hold event time up for a minute.
    harness.advance(Duration.ofMinutes(2));
  }

  @Test
  void payments_of_different_cards_make_no_burst() {
    for (int number = 1; number <= 20; number++) {
      pays("card-" + number % 5, number);
    }
    end();
    assertThat(harness.output()).isEmpty();
  }

  @Test
  void a_crash_in_the_middle_of_a_burst_gives_the_same_alarm() {
    for (int number = 1; number <= 4; number++) {
      pays("card-1", number);
    }
    harness.crash();
    pays("card-1", 5);
    harness.advance(Duration.ofSeconds(10));

    assertThat(harness.output())
        .extracting(FraudAlarm::scenario, FraudAlarm::payment, FraudAlarm::rules)
        .containsOnly(tuple(Scenario.VELOCITY_BURST, 5L, 0L));
  }

  @Test
  void limits_are_changed_without_a_redeploy_and_wrong_ones_are_refused() {
    harness.putVersion(Rules.BROADCAST, FraudSample.TIGHTENED);
    harness.advance(SETTLING);
    harness.putVersionBytes(
        Rules.BROADCAST,
        "{\"version\": 2, \"from\": \"2026-03-01T00:00:00Z\"}".getBytes(StandardCharsets.UTF_8));
    harness.advance(SETTLING);
    long from = Duration.between(start, FraudSample.TIGHTENED.from()).toSeconds();
    for (long number = 1; number <= 4; number++) {
      pays("card-1", number);
      pays("card-2", from + number);
    }
    end();

    assertThat(harness.output())
        .extracting(FraudAlarm::card, FraudAlarm::rules)
        .containsExactly(tuple("card-2", 1L));
  }

  @Test
  void all_signals_through_the_function_give_the_alarms_of_a_plain_run_through_crash_and_split() {
    harness.putVersion(Rules.BROADCAST, FraudSample.TIGHTENED);
    harness.advance(SETTLING);
    var signals = ledger.signals();
    for (int i = 0; i < signals.size(); i++) {
      put(signals.get(i));
      if (i == signals.size() / 4) {
        harness.split();
      } else if (i == signals.size() / 2) {
        harness.crash();
      } else if (i == signals.size() / 4 * 3) {
        harness.merge();
      }
    }
    end();
    harness.output().forEach(sample::take);

    var figures = sample.result(sample.size()).figures();
    assertThat(figures).containsEntry("contradicting", 0L).containsEntry("unasked", 0L);
    assertThat(new HashSet<>(harness.output()))
        .isEqualTo(new HashSet<>(LedgerGeneratorTest.alarms(ledger)));
    assertThat(harness.output()).extracting(FraudAlarm::rules).contains(0L, 1L);
    assertThat(harness.output())
        .extracting(FraudAlarm::scenario)
        .contains(Scenario.DEVICE_TAKEOVER);
    assertThat(harness.deadLetters()).isEmpty();
  }
}
