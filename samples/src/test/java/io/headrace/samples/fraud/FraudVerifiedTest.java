package io.headrace.samples.fraud;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.function.Destination;
import io.headrace.harness.FunctionVerifier;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class FraudVerifiedTest {
  private static final Instant START = Instant.parse("2026-03-01T00:00:00Z");
  private static final Place HOME = new Place(38.72, -9.14);

  private static final Rules QUICK =
      new Rules(
          1,
          START,
          new Rules.Velocity(3, 600),
          Rules.BUILT_IN.travel(),
          Rules.BUILT_IN.probe(),
          Rules.BUILT_IN.dormancy(),
          Rules.BUILT_IN.takeover());

  private static Payment payment(String card, long number, long second, Place at) {
    return new Payment(number, card, START.plusSeconds(second), "casino", true, at, 20_00);
  }

  private static FunctionVerifier<Signal, FraudAlarm> verifier() {
    Merchants risky =
        asked ->
            java.util.concurrent.CompletableFuture.completedFuture(java.util.Map.of("casino", 90));
    return FunctionVerifier.of(clock -> FraudFunction.spec(risky, Destination.nowhere()));
  }

  /** A burst by the limits put last, a copy far away, and both by those in force before. */
  @Test
  void alarms_their_limits_and_explanations_are_the_same_however_the_worker_is_disturbed() {
    var verdict =
        verifier()
            .put("ann", payment("ann", 1, 1, HOME), payment("ann", 2, 2, HOME))
            .putVersion(Rules.BROADCAST, QUICK)
            .put("ann", payment("ann", 3, 3, HOME))
            .advance(Duration.ofSeconds(5))
            .put("ann", payment("ann", 4, 4, new Place(35.68, 139.69)))
            .verify();

    assertThat(verdict.leftOut()).allMatch(what -> what.startsWith("ROLL"));
  }

  /** A shard to which nothing comes, as there is one behind a split, holds time up for a minute. */
  @Test
  void what_three_streams_and_a_timer_say_is_the_same_however_the_worker_is_disturbed() {
    var later = START.plus(FraudFunction.WAIT).plusSeconds(10_000);
    verifier()
        .put("phone", new DeviceChange("ann", START, "phone"))
        .put("ann", payment("ann", 1, 60, HOME))
        .put("x", new Payment(9, "eve", later, "shop", true, HOME, 1), new Login("eve", later, "x"))
        .put("x", new DeviceChange("eve", later, "x"))
        .advance(Duration.ofMinutes(2))
        .verify();
  }

  @Test
  void the_scenarios_above_give_alarms_at_all() {
    var burst =
        List.<Signal>of(
            payment("ann", 1, 1, HOME),
            payment("ann", 2, 2, HOME),
            payment("ann", 3, 3, HOME),
            payment("ann", 4, 4, new Place(35.68, 139.69)));

    assertThat(
            PlainRun.alarms(
                burst, at -> at.isBefore(START.plusSeconds(4)) ? Rules.BUILT_IN : QUICK))
        .extracting(FraudAlarm::scenario, FraudAlarm::rules)
        .containsExactlyInAnyOrder(
            org.assertj.core.api.Assertions.tuple(Scenario.VELOCITY_BURST, 1L),
            org.assertj.core.api.Assertions.tuple(Scenario.IMPOSSIBLE_TRAVEL, 1L));
  }
}
