package io.headrace.bench.poison;

import io.headrace.bench.rig.Checkout;
import io.headrace.bench.rig.Machine;
import io.headrace.bench.rig.NotMeasured;
import io.headrace.bench.rig.Report;
import io.headrace.bench.rig.Time;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** One failing key beside all others. Runs on the main thread. */
@Command(
    name = "poison",
    mixinStandardHelpOptions = true,
    description = {
      "Measures what one key of 10,000 with 1 %% of the records costs the others when it fails for",
      "ever, on 4 shards at full speed and through a split, beside a round in which nothing fails;",
      "then mends the key, and looks whether its records come in order and all."
    },
    footer = {"", "Exit code: 0 all targets met, 1 one missed, 2 not measured."})
public final class PoisonBench implements Callable<Integer> {
  @Option(
      names = "--for",
      paramLabel = "TIME",
      defaultValue = "5m",
      converter = Time.class,
      description = "How long each round is measured, such as 30s; ${DEFAULT-VALUE} by default.")
  private Duration time = Duration.ofMinutes(5);

  @Option(names = "--json", description = "The report as one JSON object.")
  private boolean json;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    if (spec == null) {
      throw new IllegalStateException("picocli has not set the command");
    }
    PrintWriter err = spec.commandLine().getErr();
    PrintWriter out = spec.commandLine().getOut();
    PoisonReport report;
    try {
      PoisonPlan plan = new PoisonPlan(time);
      Checkout checkout = Checkout.of(PoisonBench.class);
      List<PoisonRun.Round> rounds =
          new PoisonRun(plan, checkout, line -> err.println("bench: " + line)).run();
      report = new PoisonReport(plan, Machine.description(), rounds.get(0), rounds.get(1));
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
