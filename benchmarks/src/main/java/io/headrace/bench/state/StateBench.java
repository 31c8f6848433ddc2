package io.headrace.bench.state;

import io.headrace.bench.rig.Checkout;
import io.headrace.bench.rig.Machine;
import io.headrace.bench.rig.Report;
import io.headrace.bench.rig.Results;
import io.headrace.bench.rig.RunOptions;
import io.headrace.bench.rig.Samples;
import io.headrace.bench.rig.Target;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What the store of state writes and how soon it is back. Runs on the main thread. */
@Command(
    name = "state",
    mixinStandardHelpOptions = true,
    description = {
      "Counts what commits of 1,000 changed keys of 100 bytes write and delete, by DynamoDB's"
          + " rules",
      "for write units, beside transactions of 99 keys; and times the restart of a shard's state"
          + " in",
      "files: from the commit to the first value that is not in memory. Takes the processor time",
      "of a function with durable state beside that of the same function with state in memory,",
      "and the time from a record's put to its decision while each request of the table takes",
      "5 to 10 ms more."
    },
    footer = {"", "Exit code: 0 all targets met, 1 one missed, 2 one could not be measured."})
public final class StateBench implements Callable<Integer> {
  private static final double UNITS_SHARE = 0.1;
  private static final double RESTART_SECONDS = 2;

  private static final double COST_RATIO = 1.5;
  private static final double DECISION_RATIO = 1.5;

  /** At this rate commits are rarely wanted while another is under way. */
  private static final int DECISION_RATE = 10;

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
    StatePlan plan = options.quick() ? StatePlan.quick(parts) : StatePlan.full(parts);
    Path logs = Checkout.of(StateBench.class).logs("state");
    Results results = new StateRun(plan, logs, options.progress()).run();
    Map<String, Samples> ratios = new LinkedHashMap<>();
    for (var values : Values.values()) {
      put(ratios, values, "a commit alone", share(results, values, StateRun.UNITS));
      put(ratios, values, "with merging and deletions", withMerging(results, values));
    }
    Samples cost = cost(results);
    if (cost != null) {
      ratios.put("processor time a record, durable over in memory", cost);
    }
    return options.print(
        new Report(
            "state",
            "stored as",
            Machine.description(),
            plan.rounds(),
            results,
            new Report.Ratios("ratios", "one over another, within a round:", ratios),
            targets(parts, results, plan.restartBytes())));
  }

  private static List<Target> targets(Set<Part> parts, Results results, long bytes) {
    List<Target> targets = new ArrayList<>();
    if (parts.contains(Part.UNITS)) {
      targets.add(
          Target.atMost(
              "write units a commit of 1,000 keys that nothing makes shorter, over those of"
                  + " transactions",
              UNITS_SHARE,
              share(results, Values.RANDOM, StateRun.UNITS)));
      targets.add(
          Target.atMost(
              "the same of states with names of fields, with merging and deletions",
              UNITS_SHARE,
              withMerging(results, Values.FIGURES)));
    }
    if (parts.contains(Part.RESTART)) {
      targets.add(
          Target.atMost(
              "seconds to the first value of " + (bytes >> 20) + " MB of state",
              RESTART_SECONDS,
              results.of(StateRun.DELTAS, null, StateRun.RESTART)));
    }
    if (parts.contains(Part.COST)) {
      targets.add(
          Target.atMost(
              "processor time a record with durable state, over that with state in memory only",
              COST_RATIO,
              cost(results)));
    }
    if (parts.contains(Part.DECISION)) {
      targets.add(
          Target.atMost(
              "put to decision, p99, "
                  + DECISION_RATE
                  + " a second, over what is added to a commit's writes in sequence",
              DECISION_RATIO,
              results.of(
                  StateRun.DECISIONS,
                  null,
                  DecisionProgram.figure(DECISION_RATE, "p99_over_added"))));
    }
    return targets;
  }

  private static @Nullable Samples cost(Results results) {
    return results.ratio(
        new Results.Key(StateRun.label(CostProgram.Where.DURABLE), null, CostProgram.CPU),
        new Results.Key(StateRun.label(CostProgram.Where.MEMORY), null, CostProgram.CPU));
  }

  private static void put(
      Map<String, Samples> ratios, Values values, String what, @Nullable Samples share) {
    if (share != null) {
      ratios.put("write units over those of transactions, " + values.label() + ", " + what, share);
    }
  }

  private static @Nullable Samples withMerging(Results results, Values values) {
    return share(results, values, StateRun.UNITS_WITH_MERGING);
  }

  private static @Nullable Samples share(Results results, Values values, String figure) {
    return results.ratio(
        new Results.Key(StateRun.DELTAS, values.label(), figure),
        new Results.Key(StateRun.TRANSACTIONS, values.label(), figure));
  }
}
