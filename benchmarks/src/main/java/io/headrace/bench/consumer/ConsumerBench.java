package io.headrace.bench.consumer;

import io.headrace.bench.rig.Checkout;
import io.headrace.bench.rig.Machine;
import io.headrace.bench.rig.Report;
import io.headrace.bench.rig.Results;
import io.headrace.bench.rig.RunOptions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What a record of a backlog costs each consumer. Runs on the main thread. */
@Command(
    name = "consumer",
    mixinStandardHelpOptions = true,
    description = {
      "Measures the processor time a record of a backlog: ours, the KCL's, and the bare SDK's, in"
          + " turn.",
      "By polling, by fan-out, and by polling with JSON and a state for each key.",
      "By polling once more from kinesalite, a third party's server.",
      "All of a part read one Kinesis, and keep leases and progress in one DynamoDB Local."
    },
    footer = {
      "",
      "Needs Maven, which gets the KCL for benchmarks/kcl once, and node and npm for kinesalite.",
      "Exit code: 0 all targets met, 1 one missed, 2 one could not be measured."
    })
public final class ConsumerBench implements Callable<Integer> {
  @Option(
      names = "--only",
      split = ",",
      paramLabel = "PART",
      description = "Only these of ${COMPLETION-CANDIDATES}; all by default.")
  private List<Part> only = new ArrayList<>();

  @Option(
      names = "--consumer",
      split = ",",
      paramLabel = "CONSUMER",
      description = "Only these of ${COMPLETION-CANDIDATES}; all by default.")
  private List<Contestant> consumers = new ArrayList<>();

  @Mixin private RunOptions options = new RunOptions();

  @Override
  public Integer call() {
    Set<Part> parts = RunOptions.these(only, Part.class);
    Set<Contestant> those = RunOptions.these(consumers, Contestant.class);
    ConsumerPlan plan =
        options.quick() ? ConsumerPlan.quick(parts, those) : ConsumerPlan.full(parts, those);
    ConsumerRun run = new ConsumerRun(plan, Checkout.of(ConsumerBench.class), options.progress());
    Results results = run.run();
    Map<String, Object> machine = new LinkedHashMap<>(Machine.description());
    machine.put("kcl", run.kclVersion());
    return options.print(
        new Report(
            "consumer",
            "consumer",
            machine,
            plan.rounds(),
            results,
            ConsumerTargets.ratios(results),
            ConsumerTargets.of(plan, results)));
  }
}
