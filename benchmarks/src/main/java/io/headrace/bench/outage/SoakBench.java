package io.headrace.bench.outage;

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

/** A fleet for an hour. Runs on the main thread. */
@Command(
    name = "soak",
    mixinStandardHelpOptions = true,
    description = {
      "Keeps worker processes with state at half of what they can handle while others of them are",
      "deployed, shards split and merge, and table and stream refuse 90 % of writes and reads for",
      "seconds. Looks whether heap, handles, threads and files of a worker that stays are what"
          + " they",
      "were, and whether anything was lost."
    },
    footer = {"", "Exit code: 0 all targets met, 1 one missed, 2 not measured."})
public final class SoakBench implements Callable<Integer> {
  @Option(
      names = "--for",
      paramLabel = "TIME",
      defaultValue = "1h",
      converter = Time.class,
      description = "How long under load, such as 90s or 1h; ${DEFAULT-VALUE} by default.")
  private Duration time = Duration.ofHours(1);

  @Mixin private Seed seed = new Seed();

  @Mixin private KeptOptions options = new KeptOptions();

  @Override
  public Integer call() throws IOException, InterruptedException {
    return options.tell(
        "headrace-soak",
        folder -> {
          SoakPlan plan = SoakPlan.of(time, seed.drawn());
          options.progress().accept("soak with seed " + plan.seed());
          SoakRun run = new SoakRun(plan, Checkout.of(SoakBench.class), folder, options.progress());
          return new SoakReport(plan, Machine.description(), run.run());
        });
  }
}
