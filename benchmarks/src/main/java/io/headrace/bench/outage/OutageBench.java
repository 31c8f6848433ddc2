package io.headrace.bench.outage;

import io.headrace.bench.rig.Checkout;
import io.headrace.bench.rig.KeptOptions;
import io.headrace.bench.rig.Machine;
import io.headrace.bench.rig.Time;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** A dependency that is off for a while. Runs on the main thread. */
@Command(
    name = "outage",
    mixinStandardHelpOptions = true,
    description = {
      "Worker processes at full load, whose function asks an HTTP service with each record. The",
      "service is off for a while and the load goes on; then it is back, and the load is half.",
      "Looks whether anything became a letter, was lost, came out of order or twice, whether the"
          + " lag",
      "falls monotonically, and whether health and metrics name what is down."
    },
    footer = {"", "Exit code: 0 all targets met, 1 one missed, 2 not measured."})
public final class OutageBench implements Callable<Integer> {
  @Option(
      names = "--for",
      paramLabel = "TIME",
      defaultValue = "2m",
      converter = Time.class,
      description = "How long the service is off, such as 20s; ${DEFAULT-VALUE} by default.")
  private Duration off = Duration.ofMinutes(2);

  @Option(
      names = "--before",
      paramLabel = "TIME",
      defaultValue = "40s",
      converter = Time.class,
      description = "Full load before; its second half is measured; ${DEFAULT-VALUE} by default.")
  private Duration before = Duration.ofSeconds(40);

  @Option(
      names = "--workers",
      defaultValue = "2",
      description = "Processes, 1 to 8; ${DEFAULT-VALUE} by default.")
  private int workers;

  @Option(
      names = "--after",
      defaultValue = "0.5",
      description = "The load behind the outage, of the full load; ${DEFAULT-VALUE} by default.")
  private double after;

  @Mixin private KeptOptions options = new KeptOptions();

  @Override
  public Integer call() throws IOException, InterruptedException {
    return options.tell(
        "headrace-outage",
        folder -> {
          OutagePlan plan = new OutagePlan(off, before, workers, after);
          OutageRun run =
              new OutageRun(plan, Checkout.of(OutageBench.class), folder, options.progress());
          return new OutageReport(plan, Machine.description(), run.run());
        });
  }
}
