package io.headrace.bench.outage;

import io.headrace.bench.rig.Checkout;
import io.headrace.bench.rig.KeptOptions;
import io.headrace.bench.rig.Machine;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** More than a fleet can handle, and servers that refuse. Runs on the main thread. */
@Command(
    name = "overload",
    mixinStandardHelpOptions = true,
    description = {
      "Worker processes that can't handle more than a known number of records a second get twice"
          + " as",
      "many for ten minutes, then none. Then they get half as many while the table refuses 90 % of",
      "the writes, and while the stream refuses 90 % of the reads. Looks whether anything was"
          + " lost,",
      "whether the lag goes back to nothing, and at memory and requests."
    },
    footer = {"", "Exit code: 0 all targets met, 1 one missed, 2 not measured."})
public final class OverloadBench implements Callable<Integer> {
  @Option(
      names = "--quick",
      description = "30 s of overload and 40 s each of refusals: a look, not a verdict.")
  private boolean quick;

  @Mixin private KeptOptions options = new KeptOptions();

  @Override
  public Integer call() throws IOException, InterruptedException {
    return options.tell(
        "headrace-overload",
        folder -> {
          OverloadPlan plan = quick ? OverloadPlan.quick() : OverloadPlan.full();
          OverloadRun run =
              new OverloadRun(plan, Checkout.of(OverloadBench.class), folder, options.progress());
          return new OverloadReport(plan, Machine.description(), run.run());
        });
  }
}
