package io.headrace.bench.chaos;

import io.headrace.bench.rig.Checkout;
import io.headrace.bench.rig.KeptOptions;
import io.headrace.bench.rig.Machine;
import io.headrace.bench.rig.Seed;
import io.headrace.bench.rig.Time;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Dead letters, parked keys and filters under kill -9, judged. Runs on the main thread. */
@Command(
    name = "letters",
    mixinStandardHelpOptions = true,
    description = {
      "Kills worker processes at random moments whose functions send records to dead letters"
          + " through",
      "a sink that fails half of its writes, park keys and filter; then mends the functions and"
          + " has",
      "the letters played again by headrace redrive, twice. A judge that knows no class of"
          + " Headrace's",
      "says of each record whether it was handled, filtered, parked or in a letter that counts."
    },
    footer = {
      "",
      "Needs kill, as on Linux and macOS.",
      "Exit code: 0 all targets met, 1 one missed, 2 not measured."
    })
public final class LettersBench implements Callable<Integer> {
  @Option(
      names = "--kills",
      defaultValue = "100",
      description = "How many processes are killed; ${DEFAULT-VALUE} by default.")
  private int kills;

  @Option(
      names = "--every",
      paramLabel = "TIME",
      defaultValue = "2.5s",
      converter = Time.class,
      description = "The mean time from one kill to the next; ${DEFAULT-VALUE} by default.")
  private Duration every = Duration.ofMillis(2_500);

  @Option(
      names = "--workers",
      defaultValue = "4",
      description = "Processes at once, 3 to 20; ${DEFAULT-VALUE} by default.")
  private int workers;

  @Option(
      names = "--lease-time",
      paramLabel = "TIME",
      defaultValue = "5s",
      converter = Time.class,
      description = "Of every worker; ${DEFAULT-VALUE} by default.")
  private Duration leaseTime = Duration.ofSeconds(5);

  @Option(
      names = "--rate",
      defaultValue = "100",
      description = "Records put a second; ${DEFAULT-VALUE} by default.")
  private int rate;

  @Mixin private Seed seed = new Seed();

  @Mixin private KeptOptions options = new KeptOptions();

  @Override
  public Integer call() throws IOException, InterruptedException {
    return options.tell(
        "headrace-letters",
        folder -> {
          LettersPlan plan = new LettersPlan(kills, every, workers, leaseTime, rate, seed.drawn());
          options.progress().accept("letters with seed " + plan.seed());
          LettersRun run =
              new LettersRun(plan, Checkout.of(LettersBench.class), folder, options.progress());
          return LettersReport.of(plan, Machine.description(), run.run());
        });
  }
}
