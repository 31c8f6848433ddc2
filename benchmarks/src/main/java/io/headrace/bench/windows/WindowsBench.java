package io.headrace.bench.windows;

import io.headrace.bench.rig.Checkout;
import io.headrace.bench.rig.Machine;
import io.headrace.bench.rig.Report;
import io.headrace.bench.rig.Results;
import io.headrace.bench.rig.RunOptions;
import io.headrace.bench.rig.WindowSettings.By;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The same windows in Headrace, Flink and Kafka Streams. Runs on the main thread. */
@Command(
    name = "windows",
    mixinStandardHelpOptions = true,
    description = {
      "Sums up delays of flights by airport and day of event time in Headrace, in Flink and in"
          + " Kafka",
      "Streams, each a whole process, in turn, and in a plain loop as the floor. Their windows are",
      "compared to those of a fold; what a record takes of the processor is shown beside them.",
      "By origin, the partition key of the records, and by destination, across all shards."
    },
    footer = {
      "",
      "Needs Maven, which gets Flink and Kafka for benchmarks/flink and benchmarks/kafka once.",
      "Exit code: 0 all targets met, 1 one missed, 2 one could not be measured."
    })
public final class WindowsBench implements Callable<Integer> {
  @Option(
      names = "--only",
      split = ",",
      paramLabel = "PART",
      description = "Only these of ${COMPLETION-CANDIDATES}; all by default.")
  private List<By> only = new ArrayList<>();

  @Option(
      names = "--program",
      split = ",",
      paramLabel = "PROGRAM",
      description = "Only these of ${COMPLETION-CANDIDATES}; all by default.")
  private List<Contestant> programs = new ArrayList<>();

  @Mixin private RunOptions options = new RunOptions();

  @Override
  public Integer call() throws IOException, InterruptedException {
    var parts = RunOptions.these(only, By.class);
    var those = RunOptions.these(programs, Contestant.class);
    WindowsPlan plan =
        options.quick() ? WindowsPlan.quick(parts, those) : WindowsPlan.full(parts, those);
    return options.tell(
        () -> {
          WindowsRun run =
              new WindowsRun(plan, Checkout.of(WindowsBench.class), options.progress());
          Results results = run.run();
          Map<String, Object> machine = new LinkedHashMap<>(Machine.description());
          machine.putAll(run.versions());
          return new Report(
              "windows",
              "program",
              machine,
              plan.rounds(),
              results,
              WindowsTargets.ratios(results),
              WindowsTargets.of(plan, results));
        });
  }
}
