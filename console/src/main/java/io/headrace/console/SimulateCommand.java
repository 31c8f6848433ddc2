package io.headrace.console;

import io.headrace.harness.FleetSimulation;
import io.headrace.harness.SimulationReport;
import io.headrace.harness.SimulationReport.Failure;
import io.headrace.harness.SimulationReport.Planted;
import io.headrace.kcl.loop.ThreadedLoop;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Fleets under virtual time, and everything that goes wrong in them drawn from seeds. */
@Command(
    name = "simulate",
    mixinStandardHelpOptions = true,
    description =
        "Runs fleets of production workers under virtual time with faults of every kind, and"
            + " checks after each event that nothing is lost, doubled or out of order.")
final class SimulateCommand implements Callable<Integer> {
  private static final int SEEDS_DEFAULT = 200;
  private static final int SEEDS_MAX = 10_000_000;

  /** Within how many seeds a mistake that was built in must be noticed. */
  private static final int PLANTED_SEEDS_MAX = 200;

  /** What 2,000 seeds may take on 2 processors. */
  private static final int TARGET_SEEDS = 2_000;

  private static final long TARGET_SECONDS = 600;
  private static final double NANOS_PER_SECOND = 1e9;
  private static final double MILLIS_PER_HOUR = 3_600_000;

  @Option(
      names = "--seeds",
      paramLabel = "N",
      defaultValue = "" + SEEDS_DEFAULT,
      description = "How many seeds are run (default: ${DEFAULT-VALUE}).")
  private int seeds = SEEDS_DEFAULT;

  @Option(
      names = "--from",
      paramLabel = "SEED",
      defaultValue = "1",
      description = "The first seed (default: ${DEFAULT-VALUE}).")
  private long from = 1;

  @Option(
      names = "--seed",
      paramLabel = "SEED",
      description = "Runs this seed alone, twice, and tells its last events when it fails.")
  private @Nullable Long only;

  @Option(
      names = "--planted",
      description = "Builds known mistakes into the fleet and counts the seeds to notice each.")
  private boolean planted;

  @Option(names = "--json", description = "The last line is one JSON object.")
  private boolean json;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws InterruptedException {
    if (seeds < 1 || seeds > SEEDS_MAX) {
      throw new Complaint("--seeds " + seeds + ": must be between 1 and " + SEEDS_MAX);
    }
    if (planted && only != null) {
      throw new Complaint("--planted and --seed: give one of them");
    }
    // Workers warn of every death, and thousands die here. Before the first logger is made.
    System.setProperty("org.slf4j.simpleLogger.log.io.headrace", "off");
    var command = Objects.requireNonNull(spec).commandLine();
    var told = json ? command.getErr() : command.getOut();
    var figures = new LinkedHashMap<String, Object>();
    boolean met;
    try (var clock = ThreadedLoop.start("headrace-simulate", thrown -> {})) {
      long began = clock.ticks();
      var simulation =
          FleetSimulation.ofProbes().onThreads(Runtime.getRuntime().availableProcessors());
      var targets =
          planted
              ? plantedRun(simulation, told, figures)
              : run(simulation, told, figures, () -> (clock.ticks() - began) / NANOS_PER_SECOND);
      figures.put("wallSeconds", rounded((clock.ticks() - began) / NANOS_PER_SECOND));
      figures.put("processors", Runtime.getRuntime().availableProcessors());
      figures.put("targets", targets);
      met = targets.stream().allMatch(target -> Boolean.TRUE.equals(target.get("met")));
    }
    if (json) {
      command.getOut().println(JsonLine.of(figures));
      command.getOut().flush();
    }
    return met ? 0 : Headrace.MISSED;
  }

  /** Seconds since the beginning. */
  private interface Elapsed {
    double seconds();
  }

  private List<Map<String, Object>> run(
      FleetSimulation simulation, PrintWriter told, Map<String, Object> figures, Elapsed elapsed)
      throws InterruptedException {
    var alone = only;
    var report =
        alone == null
            ? simulation.seeds(from, seeds).run()
            : simulation.onThreads(1).seeds(alone, 1).run();
    describe(report, figures);
    for (var failure : report.failures()) {
      told.println(failure);
      if (alone != null) {
        failure.lastEvents().forEach(told::println);
      }
    }
    told.println(
        "%,d seeds, %,d violations: %.1f virtual hours, %,d events, %,d deliveries of %,d records"
            .formatted(
                report.seeds(),
                report.failures().size(),
                hours(report.virtualTime()),
                report.events(),
                report.deliveries(),
                report.puts()));
    var targets = new ArrayList<Map<String, Object>>();
    int violations = report.failures().size();
    targets.add(target("violations", violations, 0, violations == 0));
    if (report.seeds() >= TARGET_SEEDS) {
      double seconds = rounded(elapsed.seconds());
      double limit = (double) TARGET_SECONDS * report.seeds() / TARGET_SEEDS;
      targets.add(target("wallSeconds", seconds, limit, seconds <= limit));
    }
    return targets;
  }

  private static void describe(SimulationReport report, Map<String, Object> figures) {
    figures.put("seeds", report.seeds());
    figures.put("violations", report.failures().size());
    figures.put("failures", report.failures().stream().map(SimulateCommand::brief).toList());
    figures.put("virtualHours", rounded(hours(report.virtualTime())));
    figures.put("events", report.events());
    figures.put("requests", report.requests());
    figures.put("records", report.puts());
    figures.put("deliveries", report.deliveries());
    figures.put("redeliveries", report.redeliveries());
    figures.put("commits", report.commits());
    figures.put("ownerChanges", report.ownerChanges());
    figures.put("disturbances", report.disturbances());
    figures.put("faultyRequests", report.mishaps());
    figures.put("transitionsVisited", rounded(report.transitionsVisited()));
    figures.put("seedsRunTwice", report.repeated());
  }

  private static Map<String, Object> brief(Failure failure) {
    return Map.of("seed", failure.seed(), "promise", failure.promise(), "what", failure.what());
  }

  private List<Map<String, Object>> plantedRun(
      FleetSimulation simulation, PrintWriter told, Map<String, Object> figures)
      throws InterruptedException {
    var all = simulation.seeds(from, 1).runPlanted(PLANTED_SEEDS_MAX);
    var faults = new ArrayList<Map<String, Object>>();
    int noticed = 0;
    for (var one : all) {
      noticed += one.noticed() == null ? 0 : 1;
      faults.add(describe(one));
      told.println(
          "%-28s %4d seeds  %-26s %s"
              .formatted(
                  one.name(),
                  one.seeds(),
                  one.noticed() == null ? "NOT NOTICED" : one.noticed().promise(),
                  one.what()));
    }
    figures.put("planted", faults);
    figures.put("noticed", noticed);
    return List.of(target("noticed", noticed, all.size(), noticed == all.size()));
  }

  private static Map<String, Object> describe(Planted one) {
    var fault = new LinkedHashMap<String, Object>();
    fault.put("name", one.name());
    fault.put("what", one.what());
    fault.put("seeds", one.seeds());
    fault.put("noticed", one.noticed() != null);
    fault.put("promise", one.noticed() == null ? "" : one.noticed().promise());
    return fault;
  }

  private static Map<String, Object> target(String name, Number value, Number limit, boolean met) {
    var target = new LinkedHashMap<String, Object>();
    target.put("name", name);
    target.put("value", value);
    target.put("limit", limit);
    target.put("met", met);
    target.put("spread", 0);
    return target;
  }

  private static double hours(Duration time) {
    return time.toMillis() / MILLIS_PER_HOUR;
  }

  private static double rounded(double figure) {
    return Math.round(figure * 1_000) / 1_000.0;
  }
}
