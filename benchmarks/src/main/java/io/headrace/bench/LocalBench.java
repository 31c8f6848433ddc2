package io.headrace.bench;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The local Kinesis beside kinesalite and kinesis-local. Runs on the main thread. */
@Command(
    name = "local",
    mixinStandardHelpOptions = true,
    description = "Measures the local Kinesis beside kinesalite and kinesis-local, in turn.",
    footer = {
      "",
      "Needs npm, which installs the other two servers into benchmarks/target/peers once.",
      "Exit code: 0 all targets met, 1 one missed, 2 one could not be measured."
    })
final class LocalBench implements Callable<Integer> {
  @Option(
      names = "--only",
      split = ",",
      paramLabel = "PART",
      description = "Only these of ${COMPLETION-CANDIDATES}; all by default.")
  private List<Part> only = new ArrayList<>();

  @Option(names = "--quick", description = "One short round: a look, not a verdict.")
  private boolean quick;

  @Option(names = "--json", description = "The report as one JSON object.")
  private boolean json;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    if (spec == null) {
      throw new IllegalStateException("picocli has not set the command");
    }
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    Set<Part> parts = EnumSet.noneOf(Part.class);
    parts.addAll(only);
    LocalPlan plan = quick ? LocalPlan.quick(parts) : LocalPlan.full(parts);
    PeerFolder peers = PeerFolder.beside(LocalBench.class);
    Results results = new LocalRun(plan, peers, line -> err.println("bench: " + line)).run();
    LocalReport report =
        new LocalReport(
            Machine.description(), plan.rounds(), results, LocalTargets.of(plan, results));
    if (json) {
      out.println(report.json());
    } else {
      report.lines().forEach(out::println);
    }
    out.flush();
    return report.exitCode();
  }
}
