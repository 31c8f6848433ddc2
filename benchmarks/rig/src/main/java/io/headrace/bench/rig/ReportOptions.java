package io.headrace.bench.rig;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** How a benchmark tells what it does and what it found. Mixed in by picocli. */
public class ReportOptions {
  /** Measures. */
  @FunctionalInterface
  public interface Run {
    Findings findings() throws IOException, InterruptedException;
  }

  @Option(names = "--json", description = "The report as one JSON object.")
  private boolean json;

  @Spec(Spec.Target.MIXEE)
  private @Nullable CommandSpec command;

  /** Where a run says what it does, line by line; never the same place as the report. */
  public Consumer<String> progress() {
    PrintWriter err = command().commandLine().getErr();
    return line -> err.println("bench: " + line);
  }

  /** Runs, prints what was found, or why nothing can be measured, and answers the exit code. */
  public int tell(Run run) throws IOException, InterruptedException {
    Findings findings;
    try {
      findings = run.findings();
    } catch (NotMeasured | IllegalArgumentException e) {
      command().commandLine().getErr().println("headrace: " + e.getMessage());
      return Report.NOT_MEASURED;
    }
    return print(findings);
  }

  /** Prints what was found and answers the exit code. */
  public int print(Findings findings) {
    PrintWriter out = command().commandLine().getOut();
    if (json) {
      out.println(findings.json());
    } else {
      findings.lines().forEach(out::println);
    }
    out.flush();
    return findings.exitCode();
  }

  private CommandSpec command() {
    if (command == null) {
      throw new IllegalStateException("picocli has not set the command");
    }
    return command;
  }
}
