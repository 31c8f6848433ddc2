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

/** Functions with state in real processes that are killed and rolled. Runs on the main thread. */
@Command(
    name = "exact",
    mixinStandardHelpOptions = true,
    description = {
      "Has the samples' functions with state handle one input twice: in a fleet that nothing",
      "happens to, and in one whose processes are killed and rolled forward, half-way back and",
      "forward. A judge that knows no class of Headrace's compares outputs and states, bit by bit."
    },
    footer = {
      "",
      "Needs kill, as on Linux and macOS.",
      "Exit code: 0 both are equal, and days equal to a plain fold; 1 they are not; 2 not measured."
    })
public final class ExactBench implements Callable<Integer> {
  @Option(
      names = "--for",
      paramLabel = "TIME",
      defaultValue = "5m",
      converter = Time.class,
      description =
          "Over which the input is put while things go wrong; ${DEFAULT-VALUE} by default.")
  private Duration time = Duration.ofMinutes(5);

  @Option(
      names = "--every",
      paramLabel = "TIME",
      defaultValue = "5s",
      converter = Time.class,
      description = "From one kill -9 to the next; ${DEFAULT-VALUE} by default.")
  private Duration every = Duration.ofSeconds(5);

  @Option(
      names = "--workers",
      defaultValue = "3",
      description = "Processes at once, 3 to 20; ${DEFAULT-VALUE} by default.")
  private int workers;

  @Option(
      names = "--lease-time",
      paramLabel = "TIME",
      defaultValue = "3s",
      converter = Time.class,
      description = "Of every worker; ${DEFAULT-VALUE} by default.")
  private Duration leaseTime = Duration.ofSeconds(3);

  @Option(
      names = "--payments",
      defaultValue = "1000000",
      description = "How many are put, beside all flights; ${DEFAULT-VALUE} by default.")
  private int payments;

  @Mixin private Seed seed = new Seed();

  @Mixin private KeptOptions options = new KeptOptions();

  @Override
  public Integer call() throws IOException, InterruptedException {
    return options.tell(
        "headrace-exact",
        folder -> {
          ExactPlan plan = new ExactPlan(time, every, workers, leaseTime, payments, seed.drawn());
          options.progress().accept("exact with seed " + plan.seed());
          ExactRun run =
              new ExactRun(plan, Checkout.of(ExactBench.class), folder, options.progress());
          return new ExactReport(plan, Machine.description(), run.run());
        });
  }
}
