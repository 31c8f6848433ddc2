package io.headrace.bench.chaos;

import io.headrace.bench.rig.Checkout;
import io.headrace.bench.rig.KeptOptions;
import io.headrace.bench.rig.Machine;
import io.headrace.bench.rig.Seed;
import io.headrace.bench.rig.Time;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Real processes, disturbed and judged. Runs on the main thread. */
@Command(
    name = "chaos",
    mixinStandardHelpOptions = true,
    description = {
      "Runs worker processes under load; kills, pauses and restarts them at random, takes DynamoDB",
      "Local away, splits and merges; then a judge that knows no class of Headrace's reads what",
      "producer and workers wrote down."
    },
    footer = {
      "",
      "Needs kill, as on Linux and macOS.",
      "Exit code: 0 nothing was lost, out of order or stale; 1 something was; 2 not measured."
    })
public final class ChaosBench implements Callable<Integer> {
  @Option(
      names = "--for",
      paramLabel = "TIME",
      defaultValue = "5m",
      converter = Time.class,
      description = "How long things go wrong, such as 90s or 5m; ${DEFAULT-VALUE} by default.")
  private Duration time = Duration.ofMinutes(5);

  @Option(
      names = "--workers",
      defaultValue = "4",
      description = "Processes at once, 3 to 20; ${DEFAULT-VALUE} by default.")
  private int workers;

  @Option(
      names = "--lease-time",
      paramLabel = "TIME",
      defaultValue = "5s",
      converter = Time.class,
      description = "Of every worker; ${DEFAULT-VALUE} by default.")
  private Duration leaseTime = Duration.ofSeconds(5);

  @Option(
      names = "--rate",
      defaultValue = "400",
      description = "Records put a second; ${DEFAULT-VALUE} by default.")
  private int rate;

  @Mixin private Seed seed = new Seed();

  @Mixin private KeptOptions options = new KeptOptions();

  @Override
  public Integer call() throws IOException, InterruptedException {
    return options.tell(
        "headrace-chaos",
        folder -> {
          ChaosPlan plan = new ChaosPlan(time, workers, leaseTime, rate, seed.drawn());
          options.progress().accept("chaos with seed " + plan.seed());
          ChaosRun run =
              new ChaosRun(plan, Checkout.of(ChaosBench.class), folder, options.progress());
          return ChaosReport.of(plan, Machine.description(), run.run());
        });
  }
}
