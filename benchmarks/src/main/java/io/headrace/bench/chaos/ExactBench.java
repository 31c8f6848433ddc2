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
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

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

  @Option(names = "--seed", description = "Draws the same victims again; printed by each run.")
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
    PrintWriter out = spec.commandLine().getOut();
    ExactReport report;
    try (RunFolder folder = RunFolder.of(keep, "headrace-exact")) {
      long drawn = seed == null ? ThreadLocalRandom.current().nextInt(1_000_000) : seed;
      ExactPlan plan = new ExactPlan(time, every, workers, leaseTime, payments, drawn);
      err.println("bench: exact with seed " + plan.seed());
      ExactRun run =
          new ExactRun(
              plan,
              Checkout.of(ExactBench.class),
              folder.path(),
              line -> err.println("bench: " + line));
      report = new ExactReport(plan, Machine.description(), run.run());
    } catch (NotMeasured | IllegalArgumentException e) {
      err.println("headrace: " + e.getMessage());
      return Report.NOT_MEASURED;
    }
    if (json) {
      out.println(report.json());
    } else {
      report.lines().forEach(out::println);
    }
    out.flush();
    return report.exitCode();
  }
}
