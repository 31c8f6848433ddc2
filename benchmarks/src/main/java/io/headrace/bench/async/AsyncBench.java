package io.headrace.bench.async;

import io.headrace.bench.rig.Checkout;
import io.headrace.bench.rig.Machine;
import io.headrace.bench.rig.Report;
import io.headrace.bench.rig.Results;
import io.headrace.bench.rig.RunOptions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** A function that calls a service of 50 ms for each record. Runs on the main thread. */
@Command(
    name = "async",
    mixinStandardHelpOptions = true,
    description = {
      "Puts 1,000 records a second for a function that waits 50 ms for a service with each of them,",
      "asynchronously and blocking: threads, lag, iterator age. The worker is a process of its own",
      "beside a local Kinesis and a DynamoDB Local."
    },
    footer = {
      "",
      "Virtual threads are measured where the JDK that runs this has them.",
      "Exit code: 0 all targets met, 1 one missed, 2 one could not be measured."
    })
public final class AsyncBench implements Callable<Integer> {
  @Option(
      names = "--only",
      split = ",",
      paramLabel = "WAY",
      description = "Only these of ${COMPLETION-CANDIDATES}; all that this JDK has by default.")
  private List<Way> only = new ArrayList<>();

  @Mixin private RunOptions options = new RunOptions();

  @Override
  public Integer call() {
    var ways = RunOptions.these(only, Way.class);
    if (only.isEmpty()) {
      ways.removeIf(way -> !way.isAvailable());
    }
    var plan = options.quick() ? AsyncPlan.quick(ways) : AsyncPlan.full(ways);
    Results results = new AsyncRun(plan, Checkout.of(AsyncBench.class), options.progress()).run();
    Map<String, Object> machine = new LinkedHashMap<>(Machine.description());
    ways.forEach(way -> machine.put(way.label(), way.description()));
    return options.print(
        new Report(
            "async",
            "function",
            machine,
            plan.rounds(),
            results,
            AsyncTargets.ratios(results),
            AsyncTargets.of(results)));
  }
}
