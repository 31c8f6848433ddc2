package io.headrace.bench.chaos;

import io.headrace.bench.rig.Checkout;
import io.headrace.bench.rig.Machine;
import io.headrace.bench.rig.NotMeasured;
import io.headrace.bench.rig.Report;
import io.headrace.bench.rig.RunFolder;
import io.headrace.bench.rig.Time;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

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

  @Option(names = "--seed", description = "Draws the same records and kills; printed by each run.")
  private @Nullable Long seed;

  @Option(
      names = "--keep",
      paramLabel = "FOLDER",
      description = "Leaves what was written down in an empty or new folder.")
  private @Nullable Path keep;

  @Option(names = "--json", description = "The report as one JSON object.")
  private boolean json;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (spec == null) {
      throw new IllegalStateException("picocli has not set the command");
    }
    PrintWriter err = spec.commandLine().getErr();
    PrintWriter out = spec.commandLine().getOut();
    LettersReport report;
    try (RunFolder folder = RunFolder.of(keep, "headrace-letters")) {
      long drawn = seed == null ? ThreadLocalRandom.current().nextInt(1_000_000) : seed;
      LettersPlan plan = new LettersPlan(kills, every, workers, leaseTime, rate, drawn);
      err.println("bench: letters with seed " + plan.seed());
      LettersRun run =
          new LettersRun(
              plan,
              Checkout.of(LettersBench.class),
              folder.path(),
              line -> err.println("bench: " + line));
      report = LettersReport.of(plan, Machine.description(), run.run());
    } catch (NotMeasured | IllegalArgumentException e) {
      err.println("headrace: " + e.getMessage());
      return Report.NOT_MEASURED;
    }
    if (json) {
      out.println(report.json());
    } else {
      report.lines().forEach(out::println);
    }
    out.flush();
    return report.exitCode();
  }
}
