package io.headrace.console;

import io.headrace.harness.fleet.ExplorationReport;
import io.headrace.harness.fleet.FleetFigures;
import io.headrace.harness.fleet.FleetSimulation;
import io.headrace.harness.fleet.SimulationReport;
import io.headrace.harness.fleet.SimulationReport.Failure;
import io.headrace.harness.fleet.SimulationReport.Planted;
import io.headrace.kcl.loop.ThreadedLoop;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
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
  private static final int SCALE_WORKERS = 40;
  private static final int SCALE_SHARDS = 1_000;

  /** With as many workers most hold nothing. */
  private static final int SCALE_SHARDS_FEW = 12;

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

  @Option(
      names = "--exhaustive",
      paramLabel = "PROTOCOL",
      arity = "0..1",
      fallbackValue = "",
      description =
          "Goes through the orders of messages in burial, hand-over, take-back or merge-end; in all"
              + " of them when none is named.")
  private @Nullable String exhaustive;

  @Option(
      names = "--scale",
      description =
          "Measures a fleet of 40 workers with 1,000 shards, and with 12, against its targets.")
  private boolean scale;

  @Option(names = "--json", description = "The last line is one JSON object.")
  private boolean json;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws InterruptedException {
    if (seeds < 1 || seeds > SEEDS_MAX) {
      throw new Complaint("--seeds " + seeds + ": must be between 1 and " + SEEDS_MAX);
    }
    refuseCombinations();
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
      Elapsed elapsed = () -> (clock.ticks() - began) / NANOS_PER_SECOND;
      var targets = targets(simulation, told, figures, elapsed);
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

  private void refuseCombinations() {
    var given = new ArrayList<String>();
    if (planted) {
      given.add("--planted");
    }
    if (exhaustive != null) {
      given.add("--exhaustive");
    }
    if (scale) {
      given.add("--scale");
    }
    if (only != null) {
      given.add("--seed");
    }
    if (given.size() > 1) {
      throw new Complaint(String.join(" and ", given) + ": give one of them");
    }
  }

  private List<Map<String, Object>> targets(
      FleetSimulation simulation, PrintWriter told, Map<String, Object> figures, Elapsed elapsed)
      throws InterruptedException {
    if (planted) {
      return plantedRun(simulation, told, figures);
    }
    var protocol = exhaustive;
    if (protocol != null) {
      return exhaustiveRun(simulation, protocol, told, figures);
    }
    return scale
        ? measured(
            simulation, told, Objects.requireNonNull(spec).commandLine().getErr(), figures, elapsed)
        : run(simulation, told, figures, elapsed);
  }

  private List<Map<String, Object>> exhaustiveRun(
      FleetSimulation simulation, String protocol, PrintWriter told, Map<String, Object> figures)
      throws InterruptedException {
    List<ExplorationReport> reports;
    try {
      reports = simulation.runExhaustively(protocol);
    } catch (IllegalArgumentException unknown) {
      throw new Complaint("--exhaustive: " + unknown.getMessage());
    }
    var rows = new ArrayList<Map<String, Object>>();
    int violations = 0;
    for (var report : reports) {
      rows.add(describe(report));
      told.println(
          "%-10s %,9d executions %,9d states, depth %d%s"
              .formatted(
                  report.protocol(),
                  report.executions(),
                  report.states(),
                  report.depth(),
                  report.boundReached() ? " (the bound)" : ""));
      var failure = report.failure();
      if (failure != null) {
        violations++;
        told.println(failure.promise() + ": " + failure.what());
        failure.lastEvents().forEach(told::println);
      }
    }
    figures.put("exhaustive", rows);
    return List.of(target("violations", violations, 0, violations == 0));
  }

  private static Map<String, Object> describe(ExplorationReport report) {
    var row = new LinkedHashMap<String, Object>();
    row.put("protocol", report.protocol());
    row.put("executions", report.executions());
    row.put("states", report.states());
    row.put("depth", report.depth());
    row.put("depthMax", report.depthMax());
    row.put("unusualMax", report.unusualMax());
    row.put("boundReached", report.boundReached());
    row.put("complete", report.complete());
    row.put("violations", report.failure() == null ? 0 : 1);
    return row;
  }

  /** It takes minutes, so {@code err} is told what it is at. */
  private static List<Map<String, Object>> measured(
      FleetSimulation simulation,
      PrintWriter told,
      PrintWriter err,
      Map<String, Object> figures,
      Elapsed elapsed) {
    simulation.tellingProgress(
        line -> {
          err.println("%6.0f s: %s".formatted(elapsed.seconds(), line));
          err.flush();
        });
    var large = simulation.measure(SCALE_WORKERS, SCALE_SHARDS);
    var idle = simulation.measureStandbys(SCALE_WORKERS, SCALE_SHARDS_FEW);
    figures.put("workers", large.workers());
    figures.put("shards", large.shards());
    figures.put("shardsOfTheStandbyFleet", idle.shards());
    figures.put("leaseTimeSeconds", large.leaseTime().toSeconds());
    figures.put("virtualHours", rounded(hours(large.virtualTime().plus(idle.virtualTime()))));
    var targets = new ArrayList<Map<String, Object>>();
    for (var one : Stream.concat(large.targets().stream(), ofStandbys(idle)).toList()) {
      targets.add(target(one.name(), one.value(), one.limit(), one.met()));
      told.println(
          "%-36s %10.3f of %7.3f  %s"
              .formatted(one.name(), one.value(), one.limit(), one.met() ? "met" : "MISSED"));
    }
    return targets;
  }

  /** The fresh start of the fleet with many shards is the one that counts. */
  private static Stream<FleetFigures.Target> ofStandbys(FleetFigures figures) {
    return figures.targets().stream().filter(one -> one.name().startsWith("standby"));
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
        ("%,d seeds, %,d violations: %.1f virtual hours, %,d events, %,d deliveries of %,d records,"
                + " digest %s")
            .formatted(
                report.seeds(),
                report.failures().size(),
                hours(report.virtualTime()),
                report.events(),
                report.deliveries(),
                report.puts(),
                report.digest()));
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
    figures.put("parked", report.parked());
    figures.put("commits", report.commits());
    figures.put("ownerChanges", report.ownerChanges());
    figures.put("disturbances", report.disturbances());
    figures.put("faultyRequests", report.mishaps());
    figures.put("transitionsVisited", rounded(report.transitionsVisited()));
    figures.put("transitionsNotVisited", report.transitionsNotVisited());
    figures.put("seedsRunTwice", report.repeated());
    figures.put("digest", report.digest());
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
