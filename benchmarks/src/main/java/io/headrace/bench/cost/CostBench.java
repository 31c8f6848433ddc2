package io.headrace.bench.cost;

import io.headrace.bench.fleet.QuietFleet;
import io.headrace.bench.rig.Checkout;
import io.headrace.bench.rig.Machine;
import io.headrace.bench.rig.NotMeasured;
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

/** What requests to DynamoDB and Kinesis cost. Runs on the main thread. */
@Command(
    name = "cost",
    mixinStandardHelpOptions = true,
    description = {
      "Adds up the write units that commits take, as the table tells them: of a function without"
          + " state,",
      "with keys that are blocked or parked, and with state that changes; and what a worker with"
          + " 50",
      "shards sends while next to nothing and while nothing comes, beside the KCL at its defaults"
          + " and",
      "tuned. From both, dollars a month."
    },
    footer = {
      "",
      "Needs Maven, which gets the KCL for benchmarks/kcl once.",
      "Exit code: 0 all targets met, 1 one missed, 2 one could not be measured."
    })
public final class CostBench implements Callable<Integer> {
  @Option(
      names = "--only",
      split = ",",
      paramLabel = "PART",
      description = "Only these of ${COMPLETION-CANDIDATES}; all by default.")
  private List<Part> only = new ArrayList<>();

  @Mixin private RunOptions options = new RunOptions();

  @Override
  public Integer call() {
    var parts = RunOptions.these(only, Part.class);
    CostPlan plan = options.quick() ? CostPlan.quick(parts) : CostPlan.full(parts);
    Checkout checkout = Checkout.of(CostBench.class);
    Results results = new Results();
    Map<String, Object> machine = new LinkedHashMap<>(Machine.description());
    if (plan.has(Part.COMMITS)) {
      commits(plan, checkout, results);
    }
    if (plan.has(Part.FLEET)) {
      fleet(plan, checkout, results, machine);
    }
    return options.print(
        new CostReport(
            new Report(
                "cost",
                "of",
                machine,
                plan.rounds(),
                results,
                CostTargets.ratios(results),
                CostTargets.of(plan, results)),
            Prices.DYNAMODB,
            CostTargets.month(results, Prices.DYNAMODB)));
  }

  private void commits(CostPlan plan, Checkout checkout, Results results) {
    CommitUnits units = new CommitUnits(plan, checkout.logs("cost"));
    for (int round = 1; round <= plan.rounds(); round++) {
      int number = round;
      for (CommitCase each : CommitCase.all()) {
        results.attempt(
            "write units a commit, " + each.label() + ", round " + round,
            options.progress(),
            () -> results.add(number, each.label(), null, units.of(each)));
      }
    }
  }

  private void fleet(
      CostPlan plan, Checkout checkout, Results results, Map<String, Object> machine) {
    QuietFleet fleet = new QuietFleet(checkout, options.progress());
    boolean withKcl = true;
    try {
      machine.put("kcl", fleet.build());
    } catch (NotMeasured e) {
      results.failed("the KCL", e);
      withKcl = false;
    }
    for (int round = 1; round <= plan.rounds(); round++) {
      fleet.measure(round, withKcl, results);
    }
  }
}
