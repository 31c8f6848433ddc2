package io.headrace.bench.table;

import io.headrace.bench.rig.Checkout;
import io.headrace.bench.rig.Figures;
import io.headrace.bench.rig.Findings;
import io.headrace.bench.rig.Jvm;
import io.headrace.bench.rig.NotMeasured;
import io.headrace.bench.rig.Report;
import io.headrace.bench.rig.ReportOptions;
import io.headrace.bench.rig.Target;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * All benchmarks that have targets, one after the other, each in a process of its own. Runs on the
 * main thread.
 */
@Command(
    name = "table",
    mixinStandardHelpOptions = true,
    description = {
      "Runs benchmarks one after the other, keeps their reports, and prints all targets as one",
      "table in Markdown: that of benchmarks/README.md. All of them together take most of a day;",
      "--resume goes on with those of which no report is kept."
    },
    footer = {"", "Exit code: 0 all targets met, 1 one missed, 2 one could not be measured."})
public final class TableBench implements Callable<Integer> {
  /** In the order of the table: what a record costs first, what must never happen last. */
  static final List<String> BENCHES =
      List.of(
          "consumer",
          "latency",
          "async",
          "threads",
          "scale",
          "cost",
          "state",
          "windows",
          "fleet",
          "local",
          "producer",
          "metrics",
          "overload",
          "soak",
          "outage",
          "poison",
          "letters",
          "exact",
          "chaos");

  @Option(
      names = "--only",
      split = ",",
      paramLabel = "BENCH",
      description = "Only these benchmarks; all that have targets by default.")
  private List<String> only = new ArrayList<>();

  @Option(names = "--resume", description = "Measures nothing of which a report is kept.")
  private boolean resume;

  @Option(names = "--kept", description = "Measures nothing: the table of what is kept.")
  private boolean keptOnly;

  @Option(
      names = "--reports",
      paramLabel = "FOLDER",
      description = "Where reports are kept; benchmarks/target/reports by default.")
  private @Nullable Path folder;

  @Mixin private ReportOptions options = new ReportOptions();

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws IOException, InterruptedException {
    return options.tell(
        () -> {
          List<String> benches = only.isEmpty() ? BENCHES : only;
          for (String bench : benches) {
            if (!BENCHES.contains(bench)) {
              throw new NotMeasured(
                  "--only " + bench + ": must be of " + String.join(", ", BENCHES));
            }
          }
          Checkout checkout = Checkout.of(TableBench.class);
          Path kept = folder == null ? checkout.target().resolve("reports") : folder;
          Files.createDirectories(kept);
          for (String bench : benches) {
            if (!keptOnly && !(resume && Reports.in(kept).has(bench))) {
              options.progress().accept("measures " + bench);
              measure(bench, Reports.file(kept, bench), checkout.logs("table"));
            }
          }
          return found(benches, Reports.in(kept));
        });
  }

  /** A benchmark that tells nothing leaves no report, and what it says stands in its log. */
  private void measure(String bench, Path report, Path logs)
      throws IOException, InterruptedException {
    Path log = logs.resolve(bench + ".log");
    Path fresh = Files.createTempFile("headrace-bench", ".json");
    try {
      Process process =
          new ProcessBuilder(Jvm.command(program(), List.of(), List.of(bench, "--json")))
              .redirectOutput(fresh.toFile())
              .redirectError(log.toFile())
              .start();
      try {
        int exitCode = process.waitFor();
        if (Files.size(fresh) == 0) {
          options
              .progress()
              .accept(
                  bench + " measured nothing, exit code " + exitCode + "; it says why in " + log);
          return;
        }
        KeptReport.read(bench + "'s report", Files.readString(fresh));
        Files.move(fresh, report, StandardCopyOption.REPLACE_EXISTING);
      } finally {
        process.destroy();
      }
    } finally {
      Files.deleteIfExists(fresh);
    }
  }

  /** The program of which this is a command. */
  private Class<?> program() {
    if (spec == null) {
      throw new IllegalStateException("picocli has not set the command");
    }
    return spec.root().userObject().getClass();
  }

  private static Findings found(List<String> benches, Reports reports) {
    List<Target> targets = new ArrayList<>(reports.targets(benches));
    benches.stream()
        .filter(bench -> !reports.has(bench))
        .map(bench -> Target.atMost(bench + ": no report", 0, (Double) null))
        .forEach(targets::add);
    return new Findings() {
      @Override
      public List<String> lines() {
        return reports.table(benches);
      }

      @Override
      public String json() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("bench", "table");
        json.put("table", reports.table(benches));
        json.put("targets", targets.stream().map(Target::json).toList());
        return Figures.json(json);
      }

      @Override
      public int exitCode() {
        return Report.exitCode(targets);
      }
    };
  }
}
