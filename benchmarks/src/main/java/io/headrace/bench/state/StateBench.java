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
      "Counts what commits of 1,000 changed keys of 100 bytes write, by DynamoDB's rules for write",
      "units, beside transactions of 99 keys; and times the restart of a shard's state in files:",
      "from the commit to the first value that is not in memory."
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
    Samples own = share(results, StateRun.UNITS);
    Map<String, Samples> ratios = new LinkedHashMap<>();
    if (own != null) {
      ratios.put("write units of a commit over those of transactions", own);
    }
    Samples merging = share(results, StateRun.UNITS_WITH_MERGING);
    if (merging != null) {
      ratios.put("the same, with merging in the background", merging);
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
                    "write units a commit of 1,000 changed keys, over those of transactions",
                    UNITS_SHARE,
                    own),
                Target.atMost(
                    "seconds to the first value of " + (bytes >> 20) + " MB of state",
                    RESTART_SECONDS,
                    results.of(StateRun.DELTAS, null, StateRun.RESTART)))));
  }

  private static @Nullable Samples share(Results results, String figure) {
    return results.ratio(
        new Results.Key(StateRun.DELTAS, null, figure),
        new Results.Key(StateRun.TRANSACTIONS, null, figure));
  }
}
