package io.headrace.bench.scale;

import io.headrace.bench.rig.Checkout;
import io.headrace.bench.rig.Machine;
import io.headrace.bench.rig.Report;
import io.headrace.bench.rig.Results;
import io.headrace.bench.rig.RunOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What more shards and more workers cost. Runs on the main thread. */
@Command(
    name = "scale",
    mixinStandardHelpOptions = true,
    description = {
      "Measures what shards cost as there come more of them: one worker with few and with many,",
      "and under virtual time fleets of up to 200 workers with up to 10,000 shards."
    },
    footer = {"", "Exit code: 0 all targets met, 1 one missed, 2 one could not be measured."})
public final class ScaleBench implements Callable<Integer> {
  @Option(
      names = "--only",
      split = ",",
      paramLabel = "PART",
      description = "Only these of ${COMPLETION-CANDIDATES}; all by default.")
  private List<Part> only = new ArrayList<>();

  @Mixin private RunOptions options = new RunOptions();

  @Override
  public Integer call() {
    Set<Part> parts = RunOptions.these(only, Part.class);
    ScalePlan plan = options.quick() ? ScalePlan.quick(parts) : ScalePlan.full(parts);
    Checkout checkout = Checkout.of(ScaleBench.class);
    Results results = new ScaleRun(plan, checkout, options.progress()).run();
    return options.print(
        new Report(
            "scale",
            "of",
            Machine.description(),
            plan.rounds(),
            results,
            ScaleTargets.ratios(results),
            ScaleTargets.of(plan, results)));
  }
}
