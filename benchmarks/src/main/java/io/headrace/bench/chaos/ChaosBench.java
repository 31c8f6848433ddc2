package io.headrace.bench.chaos;

import io.headrace.bench.rig.Checkout;
import io.headrace.bench.rig.Machine;
import io.headrace.bench.rig.NotMeasured;
import io.headrace.bench.rig.Report;
import io.headrace.bench.rig.RunFolder;
import io.headrace.bench.rig.Time;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

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

  @Option(names = "--seed", description = "Draws the same disturbances again; printed by each run.")
  private @Nullable Long seed;

  @Option(
      names = "--keep",
      paramLabel = "FOLDER",
      description = "Leaves what was written down in an empty or new folder.")
  private @Nullable Path keep;

  @Option(names = "--json", description = "The report as one JSON object.")
  private boolean json;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (spec == null) {
      throw new IllegalStateException("picocli has not set the command");
    }
    PrintWriter err = spec.commandLine().getErr();
    ChaosPlan plan;
    try {
      long drawn = seed == null ? ThreadLocalRandom.current().nextInt(1_000_000) : seed;
      plan = new ChaosPlan(time, workers, leaseTime, rate, drawn);
    } catch (IllegalArgumentException e) {
      err.println("headrace: " + e.getMessage());
      return Report.NOT_MEASURED;
    }
    err.println("bench: chaos with seed " + plan.seed());
    try (RunFolder folder = RunFolder.of(keep, "headrace-chaos")) {
      ChaosRun.Outcome outcome =
          new ChaosRun(
                  plan,
                  Checkout.of(ChaosBench.class),
                  folder.path(),
                  line -> err.println("bench: " + line))
              .run();
      return print(ChaosReport.of(plan, Machine.description(), outcome));
    } catch (NotMeasured e) {
      err.println("headrace: " + e.getMessage());
      return Report.NOT_MEASURED;
    }
  }

  private int print(ChaosReport report) {
    PrintWriter out = Objects.requireNonNull(spec, "picocli sets it").commandLine().getOut();
    if (json) {
      out.println(report.json());
    } else {
      report.lines().forEach(out::println);
    }
    out.flush();
    return report.exitCode();
  }
}
