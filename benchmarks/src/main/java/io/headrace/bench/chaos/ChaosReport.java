package io.headrace.bench.chaos;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.headrace.bench.rig.Figures;
import io.headrace.bench.rig.NotMeasured;
import io.headrace.bench.rig.Report;
import io.headrace.bench.rig.Samples;
import io.headrace.bench.rig.Target;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A run and its verdict, for people or as one JSON object. Immutable. */
record ChaosReport(
    ChaosPlan plan,
    Map<String, Object> machine,
    ChaosRun.Outcome outcome,
    Map<String, Long> verdict) {
  /** What must not be. */
  private static final List<String> NONE =
      List.of(
          "lost",
          "uncommitted",
          "passedOver",
          "outputsLost",
          "neverPut",
          "orderViolations",
          "outputOrderViolations",
          "staleCommits",
          "progressFellBack",
          "duplicatesUnexplained");

  /** Less is no run to judge. */
  private static final long PUTS_MIN = 100;

  static ChaosReport of(ChaosPlan plan, Map<String, Object> machine, ChaosRun.Outcome outcome) {
    try {
      return new ChaosReport(
          plan,
          machine,
          outcome,
          new ObjectMapper()
              .readValue(outcome.verdict(), new TypeReference<LinkedHashMap<String, Long>>() {}));
    } catch (JsonProcessingException e) {
      throw new NotMeasured("the judge did not print a verdict but: " + outcome.verdict(), e);
    }
  }

  List<Target> targets() {
    List<Target> targets = new ArrayList<>();
    NONE.forEach(name -> targets.add(Target.atMost(name, 0, counted(name))));
    targets.add(
        Target.atMost(
            "orderly stops that had to be forced",
            0,
            Samples.of(List.of((double) outcome.forced()))));
    targets.add(
        Target.atMost(
            "duplicates, of what was in flight when owners changed",
            verdict.getOrDefault("duplicatesMax", 0L),
            counted("duplicates")));
    return targets;
  }

  private @Nullable Samples counted(String name) {
    Long number = verdict.get(name);
    return number == null || verdict.getOrDefault("puts", 0L) < PUTS_MIN
        ? null
        : Samples.of(List.of(number.doubleValue()));
  }

  int exitCode() {
    return Report.exitCode(targets());
  }

  String json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("bench", "chaos");
    json.put("machine", machine);
    json.put("seed", plan.seed());
    json.put("seconds", plan.time().toSeconds());
    json.put("workers", plan.workers());
    json.put("leaseSeconds", plan.leaseTime().toMillis() / 1e3);
    json.put("rate", plan.rate());
    json.put("disturbances", outcome.disturbances());
    json.put("endedByThemselves", outcome.ended());
    json.put("forcedStops", outcome.forced());
    json.put("calmSeconds", Figures.rounded(outcome.calmSeconds()));
    json.putAll(verdict);
    json.put("targets", targets().stream().map(Target::json).toList());
    return Figures.json(json);
  }

  List<String> lines() {
    List<String> lines = new ArrayList<>();
    lines.add(
        "seed %d, %d s, %d workers, lease time %d ms, %d records/s"
            .formatted(
                plan.seed(),
                plan.time().toSeconds(),
                plan.workers(),
                plan.leaseTime().toMillis(),
                plan.rate()));
    outcome.disturbances().forEach((kind, times) -> lines.add(row(kind.name(), times)));
    lines.add(row("ended by themselves", outcome.ended()));
    lines.add(row("forced stops", outcome.forced()));
    verdict.forEach((name, number) -> lines.add(row(name, number)));
    lines.add("");
    targets()
        .forEach(
            target ->
                lines.add(
                    "  %-12s %s %d"
                        .formatted(
                            target.measured() == null
                                ? "NOT MEASURED"
                                : target.met() ? "met" : "MISSED",
                            target.name(),
                            (long) target.limit())));
    return lines;
  }

  private static String row(String name, long number) {
    return String.format(Locale.ROOT, "  %-24s %,12d", name, number);
  }
}
