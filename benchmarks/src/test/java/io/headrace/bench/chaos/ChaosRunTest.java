package io.headrace.bench.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.bench.rig.Checkout;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A few seconds of chaos with real processes. */
class ChaosRunTest {
  private static final long SEED = 5;

  @Test
  void a_fleet_of_processes_that_is_disturbed_loses_nothing(@TempDir Path folder)
      throws IOException, InterruptedException {
    ChaosPlan plan = new ChaosPlan(Duration.ofSeconds(12), 3, Duration.ofSeconds(3), 200, SEED);

    ChaosRun.Outcome outcome =
        new ChaosRun(plan, Checkout.of(ChaosRun.class), folder, line -> {}).run();

    ChaosReport report = ChaosReport.of(plan, Map.of(), outcome);
    assertThat(outcome.disturbances()).as("seed %d", SEED).isNotEmpty();
    assertThat(report.exitCode()).as(report.json()).isZero();
  }
}
