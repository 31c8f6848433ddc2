package io.headrace.bench.rig;

import java.io.PrintWriter;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The options that all benchmarks have, and what they mean at their end. Mixed in by picocli. */
public final class RunOptions {
  @Option(names = "--quick", description = "One short round: a look, not a verdict.")
  private boolean quick;

  @Option(names = "--json", description = "The report as one JSON object.")
  private boolean json;

  @Spec(Spec.Target.MIXEE)
  private @Nullable CommandSpec command;

  /** Those that were asked for, or all when none was, in the order of their declaration. */
  public static <E extends Enum<E>> Set<E> these(List<E> asked, Class<E> all) {
    return asked.isEmpty() ? EnumSet.allOf(all) : EnumSet.copyOf(asked);
  }

  public boolean quick() {
    return quick;
  }

  /** Where a run says what it does, line by line; never the same place as the report. */
  public Consumer<String> progress() {
    PrintWriter err = command().commandLine().getErr();
    return line -> err.println("bench: " + line);
  }

  /** Prints the report and answers the exit code. */
  public int print(Report report) {
    PrintWriter out = command().commandLine().getOut();
    if (json) {
      out.println(report.json());
    } else {
      report.lines().forEach(out::println);
    }
    out.flush();
    return report.exitCode();
  }

  private CommandSpec command() {
    if (command == null) {
      throw new IllegalStateException("picocli has not set the command");
    }
    return command;
  }
}
