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
import java.util.TreeSet;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** How long a record takes from its put to the function. Runs on the main thread. */
@Command(
    name = "latency",
    mixinStandardHelpOptions = true,
    description = {
      "Measures put to function on a timetable that waits for no answer: ours, the KCL's, the bare"
          + " SDK's.",
      "Each beside a local Kinesis of its own; all keep leases and progress in one DynamoDB Local."
    },
    footer = {
      "",
      "Needs Maven, which gets the KCL for benchmarks/kcl once.",
      "Exit code: 0 all targets met, 1 one missed, 2 one could not be measured."
    })
public final class LatencyBench implements Callable<Integer> {
  @Option(
      names = "--consumer",
      split = ",",
      paramLabel = "CONSUMER",
      description = "Only these of ${COMPLETION-CANDIDATES}; those that tell it by default.")
  private List<Contestant> consumers = new ArrayList<>();

  @Mixin private RunOptions options = new RunOptions();

  @Override
  public Integer call() {
    Set<Contestant> those = new TreeSet<>(RunOptions.these(consumers, Contestant.class));
    those.removeIf(contestant -> !contestant.tellsLatency());
    LatencyPlan plan = options.quick() ? LatencyPlan.quick(those) : LatencyPlan.full(those);
    LatencyRun run = new LatencyRun(plan, Checkout.of(LatencyBench.class), options.progress());
    Results results = run.run();
    Map<String, Object> machine = new LinkedHashMap<>(Machine.description());
    machine.put("kcl", run.kclVersion());
    return options.print(
        new Report(
            "latency",
            "consumer",
            machine,
            plan.rounds(),
            results,
            new Report.Ratios("ratios", "ratios:", Map.of()),
            LatencyTargets.of(results)));
  }
}
