package io.headrace.bench;

import io.headrace.bench.async.AsyncBench;
import io.headrace.bench.chaos.ChaosBench;
import io.headrace.bench.chaos.ExactBench;
import io.headrace.bench.chaos.LettersBench;
import io.headrace.bench.consumer.ConsumerBench;
import io.headrace.bench.consumer.LatencyBench;
import io.headrace.bench.cost.CostBench;
import io.headrace.bench.fleet.FleetBench;
import io.headrace.bench.local.LocalBench;
import io.headrace.bench.metrics.MetricsBench;
import io.headrace.bench.outage.OutageBench;
import io.headrace.bench.outage.OverloadBench;
import io.headrace.bench.outage.SoakBench;
import io.headrace.bench.pieces.PiecesBench;
import io.headrace.bench.poison.PoisonBench;
import io.headrace.bench.producer.ProducerBench;
import io.headrace.bench.scale.ScaleBench;
import io.headrace.bench.scale.ThreadsBench;
import io.headrace.bench.state.StateBench;
import io.headrace.bench.table.TableBench;
import io.headrace.bench.windows.WindowsBench;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** The {@code headrace bench} command; each benchmark is a command below it. */
@Command(
    name = "headrace bench",
    description = "Measures Headrace beside others; each prints its targets and what was measured.",
    mixinStandardHelpOptions = true,
    subcommands = {
      LocalBench.class,
      ConsumerBench.class,
      LatencyBench.class,
      FleetBench.class,
      ScaleBench.class,
      ThreadsBench.class,
      ProducerBench.class,
      AsyncBench.class,
      PoisonBench.class,
      OutageBench.class,
      OverloadBench.class,
      SoakBench.class,
      ChaosBench.class,
      LettersBench.class,
      ExactBench.class,
      MetricsBench.class,
      StateBench.class,
      CostBench.class,
      PiecesBench.class,
      WindowsBench.class,
      TableBench.class,
      CommandLine.HelpCommand.class
    })
public final class Bench implements Runnable {
  private static final int FAULT = 70;

  @Spec private @Nullable CommandSpec spec;

  /** Runs a benchmark and ends the process with its exit code. */
  public static void main(String[] args) {
    System.exit(run(writer(System.out), writer(System.err), args));
  }

  static int run(PrintWriter out, PrintWriter err, String... args) {
    return new CommandLine(new Bench())
        .setOut(out)
        .setErr(err)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setExecutionExceptionHandler(
            (failure, command, parsed) -> {
              failure.printStackTrace(command.getErr());
              return FAULT;
            })
        .execute(args);
  }

  @Override
  public void run() {
    if (spec != null) {
      spec.commandLine().usage(spec.commandLine().getOut());
    }
  }

  private static PrintWriter writer(PrintStream stream) {
    return new PrintWriter(new OutputStreamWriter(stream, StandardCharsets.UTF_8), true);
  }
}
