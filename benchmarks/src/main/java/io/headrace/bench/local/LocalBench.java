package io.headrace.bench.local;

import io.headrace.bench.rig.Checkout;
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

/** The local Kinesis beside kinesalite and kinesis-local. Runs on the main thread. */
@Command(
    name = "local",
    mixinStandardHelpOptions = true,
    description = "Measures the local Kinesis beside kinesalite and kinesis-local, in turn.",
    footer = {
      "",
      "Needs npm, which installs the other two servers into benchmarks/target/peers once.",
      "Exit code: 0 all targets met, 1 one missed, 2 one could not be measured."
    })
public final class LocalBench implements Callable<Integer> {
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
    LocalPlan plan = options.quick() ? LocalPlan.quick(parts) : LocalPlan.full(parts);
    PeerFolder peers = new PeerFolder(Checkout.of(LocalBench.class).target().resolve("peers"));
    Results results = new LocalRun(plan, peers, options.progress()).run();
    return options.print(
        new Report(
            "local",
            "server",
            NodeMachine.description(),
            plan.rounds(),
            results,
            LocalTargets.ratios(results),
            LocalTargets.of(plan, results)));
  }
}
