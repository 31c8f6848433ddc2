package io.headrace.bench.fleet;

import io.headrace.bench.rig.Checkout;
import io.headrace.bench.rig.Machine;
import io.headrace.bench.rig.NotMeasured;
import io.headrace.bench.rig.Report;
import io.headrace.bench.rig.Results;
import io.headrace.bench.rig.RunOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What happens to a fleet of workers, ours beside the KCL's. Runs on the main thread. */
@Command(
    name = "fleet",
    mixinStandardHelpOptions = true,
    description = {
      "Starts fleets of workers, ours and the KCL's (at their defaults, and tuned) in turn, and does",
      "to them what happens to fleets: workers start, die, stop, join and are replaced; shards split",
      "and merge; functions throw. Measures how long shards stand still, and what it costs."
    },
    footer = {
      "",
      "Needs Maven, which gets the KCL for benchmarks/kcl once. Takes hours with all sides: what was",
      "measured is kept, and --resume goes on where a run was broken off.",
      "Exit code: 0 all targets met, 1 one missed, 2 one could not be measured."
    })
public final class FleetBench implements Callable<Integer> {
  private static final String RESULTS = "fleet-results.ndjson";
  private static final int RUNS = 3;

  @Option(
      names = "--only",
      split = ",",
      paramLabel = "SCENARIO",
      description = "Only these of ${COMPLETION-CANDIDATES}; all by default.")
  private List<Scenario> only = new ArrayList<>();

  @Option(
      names = "--side",
      split = ",",
      paramLabel = "SIDE",
      description = "Only these of ${COMPLETION-CANDIDATES}; all by default.")
  private List<Side> sides = new ArrayList<>();

  @Option(names = "--runs", paramLabel = "N", description = "How often each is measured; 3.")
  private int runs = RUNS;

  @Option(
      names = "--resume",
      arity = "0..1",
      paramLabel = "FILE",
      fallbackValue = "",
      description =
          "Goes on from the results in this file, benchmarks/target/"
              + RESULTS
              + " by default."
              + " Without it a new run replaces them.")
  private @Nullable String resume;

  @Spec private @Nullable CommandSpec spec;

  @Mixin private RunOptions options = new RunOptions();

  @Override
  public Integer call() {
    Checkout checkout = Checkout.of(FleetBench.class);
    FleetPlan plan = checked(this::plan);
    Journal journal = checked(() -> journal(checkout));
    FleetRun run = new FleetRun(plan, journal, checkout, options.progress());
    Results results = run.run();
    Map<String, Object> machine = new LinkedHashMap<>(Machine.description());
    machine.put("kcl", run.kclVersion());
    return options.print(
        new Report(
            "fleet",
            "side",
            machine,
            plan.runs(),
            results,
            FleetTargets.ratios(results),
            FleetTargets.of(plan, results)));
  }

  private FleetPlan plan() {
    return new FleetPlan(
        RunOptions.these(only, Scenario.class),
        RunOptions.these(sides, Side.class),
        options.quick() ? 1 : runs);
  }

  /** What an option says may be wrong, and is answered like any other wrong option. */
  private <T> T checked(Supplier<T> made) {
    try {
      return made.get();
    } catch (IllegalArgumentException | NotMeasured e) {
      throw new CommandLine.ParameterException(
          Objects.requireNonNull(spec).commandLine(), e.getMessage(), e);
    }
  }

  private Journal journal(Checkout checkout) {
    Path file = checkout.target().resolve(RESULTS);
    if (resume == null) {
      return Journal.fresh(file);
    }
    return Journal.resumed(resume.isEmpty() ? file : Path.of(resume));
  }
}
