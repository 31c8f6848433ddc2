package io.headrace.bench.poison;

import io.headrace.bench.rig.Checkout;
import io.headrace.bench.rig.Machine;
import io.headrace.bench.rig.ReportOptions;
import io.headrace.bench.rig.Time;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** One failing key beside all others. Runs on the main thread. */
@Command(
    name = "poison",
    mixinStandardHelpOptions = true,
    description = {
      "Measures what one key of 10,000 with 1 %% of the records costs the others when it fails for",
      "ever, on 4 shards at full speed and through a split, beside a round in which nothing fails;",
      "then mends the key, and looks whether its records come in order and all."
    },
    footer = {"", "Exit code: 0 all targets met, 1 one missed, 2 not measured."})
public final class PoisonBench implements Callable<Integer> {
  @Option(
      names = "--for",
      paramLabel = "TIME",
      defaultValue = "5m",
      converter = Time.class,
      description = "How long each round is measured, such as 30s; ${DEFAULT-VALUE} by default.")
  private Duration time = Duration.ofMinutes(5);

  @Mixin private ReportOptions options = new ReportOptions();

  @Override
  public Integer call() throws IOException, InterruptedException {
    return options.tell(
        () -> {
          PoisonPlan plan = new PoisonPlan(time);
          Checkout checkout = Checkout.of(PoisonBench.class);
          List<PoisonRun.Round> rounds = new PoisonRun(plan, checkout, options.progress()).run();
          return new PoisonReport(plan, Machine.description(), rounds.get(0), rounds.get(1));
        });
  }
}
