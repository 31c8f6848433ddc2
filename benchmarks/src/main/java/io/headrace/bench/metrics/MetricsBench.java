package io.headrace.bench.metrics;

import io.headrace.bench.rig.Machine;
import io.headrace.bench.rig.Report;
import io.headrace.bench.rig.Results;
import io.headrace.bench.rig.RunOptions;
import io.headrace.bench.rig.Samples;
import io.headrace.bench.rig.Target;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** What it costs to be measured: a worker beside itself. Runs on the main thread. */
@Command(
    name = "metrics",
    mixinStandardHelpOptions = true,
    description = {
      "Measures how many records a second a worker handles in one process, from memory, with nobody",
      "watching, with metrics, and with an observation of each call, in turn."
    },
    footer = {"", "Exit code: 0 all targets met, 1 one missed, 2 one could not be measured."})
public final class MetricsBench implements Callable<Integer> {
  private static final double RATE_KEPT = 0.95;
  private static final int ROUNDS = 9;
  private static final int ROUNDS_QUICK = 3;
  private static final int RECORDS = 3_000_000;
  private static final int RECORDS_QUICK = 1_000_000;

  @Mixin private RunOptions options = new RunOptions();

  @Override
  public Integer call() {
    int rounds = options.quick() ? ROUNDS_QUICK : ROUNDS;
    int records = options.quick() ? RECORDS_QUICK : RECORDS;
    Results results = new MetricsRun(rounds, records, options.progress()).run();
    Map<String, Samples> ratios = new LinkedHashMap<>();
    for (Watching watching : List.of(Watching.METRICS, Watching.METRICS_AND_CALLS)) {
      for (String figure : List.of(MetricsRun.RATE, MetricsRun.CPU)) {
        Samples ratio = ratio(results, watching, figure);
        if (ratio != null) {
          ratios.put(figure + ", " + watching.label() + " over " + Watching.NOBODY.label(), ratio);
        }
      }
    }
    return options.print(
        new Report(
            "metrics",
            "watched by",
            Machine.description(),
            rounds,
            results,
            new Report.Ratios("ratios", "one over another, within a round:", ratios),
            List.of(
                Target.atLeast(
                    "records a second with metrics, over those without",
                    RATE_KEPT,
                    ratio(results, Watching.METRICS, MetricsRun.RATE)))));
  }

  private static @Nullable Samples ratio(Results results, Watching watching, String figure) {
    return results.ratio(
        new Results.Key(watching.label(), null, figure),
        new Results.Key(Watching.NOBODY.label(), null, figure));
  }
}
