package io.headrace.bench.producer;

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

/** The producer beside a bare loop of PutRecords. Runs on the main thread. */
@Command(
    name = "producer",
    mixinStandardHelpOptions = true,
    description = {
      "Measures the producer beside a bare loop of the SDK's PutRecords, in turn, and lets the KCL",
      "judge whether records are lost or out of order under throttling, a split and a merge."
    },
    footer = {
      "",
      "Needs Maven, which gets the KCL for benchmarks/kcl once.",
      "Exit code: 0 all targets met, 1 one missed, 2 one could not be measured."
    })
public final class ProducerBench implements Callable<Integer> {
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
    ProducerPlan plan = options.quick() ? ProducerPlan.quick(parts) : ProducerPlan.full(parts);
    Results results =
        new ProducerRun(plan, Checkout.of(ProducerBench.class), options.progress()).run();
    return options.print(
        new Report(
            "producer",
            "producer",
            Machine.description(),
            plan.rounds(),
            results,
            ProducerTargets.ratios(results),
            ProducerTargets.of(plan, results)));
  }
}
