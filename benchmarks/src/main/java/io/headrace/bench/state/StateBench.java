package io.headrace.bench.state;

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

/** What the store of state writes and how soon it is back. Runs on the main thread. */
@Command(
    name = "state",
    mixinStandardHelpOptions = true,
    description = {
      "Counts what commits of 1,000 changed keys of 100 bytes write and delete, by DynamoDB's"
          + " rules",
      "for write units, beside transactions of 99 keys; and times the restart of a shard's state"
          + " in",
      "files: from the commit to the first value that is not in memory."
    },
    footer = {"", "Exit code: 0 all targets met, 1 one missed, 2 one could not be measured."})
public final class StateBench implements Callable<Integer> {
  private static final int ROUNDS = 3;
  private static final int ROUNDS_QUICK = 1;
  private static final long RESTART_BYTES = 1L << 30;
  private static final long RESTART_BYTES_QUICK = 64L << 20;
  private static final double UNITS_SHARE = 0.1;
  private static final double RESTART_SECONDS = 2;

  @Mixin private RunOptions options = new RunOptions();

  @Override
  public Integer call() {
    int rounds = options.quick() ? ROUNDS_QUICK : ROUNDS;
    long bytes = options.quick() ? RESTART_BYTES_QUICK : RESTART_BYTES;
    Results results = new StateRun(rounds, bytes, options.progress()).run();
    Map<String, Samples> ratios = new LinkedHashMap<>();
    for (var values : Values.values()) {
      put(ratios, values, "a commit alone", share(results, values, StateRun.UNITS));
      put(ratios, values, "with merging and deletions", withMerging(results, values));
    }
    return options.print(
        new Report(
            "state",
            "stored as",
            Machine.description(),
            rounds,
            results,
            new Report.Ratios("ratios", "one over another, within a round:", ratios),
            List.of(
                Target.atMost(
                    "write units a commit of 1,000 keys that nothing makes shorter, over those of"
                        + " transactions",
                    UNITS_SHARE,
                    share(results, Values.RANDOM, StateRun.UNITS)),
                Target.atMost(
                    "the same of states with names of fields, with merging and deletions",
                    UNITS_SHARE,
                    withMerging(results, Values.FIGURES)),
                Target.atMost(
                    "seconds to the first value of " + (bytes >> 20) + " MB of state",
                    RESTART_SECONDS,
                    results.of(StateRun.DELTAS, null, StateRun.RESTART)))));
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
