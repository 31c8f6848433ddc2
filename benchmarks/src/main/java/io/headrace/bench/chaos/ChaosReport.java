package io.headrace.bench.chaos;

import io.headrace.bench.rig.Figures;
import io.headrace.bench.rig.Findings;
import io.headrace.bench.rig.Report;
import io.headrace.bench.rig.Samples;
import io.headrace.bench.rig.Target;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A run and its verdict, for people or as one JSON object. Immutable. */
record ChaosReport(
    ChaosPlan plan, Map<String, Object> machine, ChaosRun.Outcome outcome, Verdict verdict)
    implements Findings {
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
    return new ChaosReport(plan, machine, outcome, Verdict.parse(outcome.verdict()));
  }

  List<Target> targets() {
    List<Target> targets = new ArrayList<>();
    NONE.forEach(name -> targets.add(Target.atMost(name, 0, counted(name))));
    targets.add(Verdict.forced(outcome.forced()));
    targets.add(
        Target.atMost(
            "duplicates, of what was in flight when owners changed",
            (double) verdict.of("duplicatesMax"),
            counted("duplicates")));
    return targets;
  }

  private @Nullable Samples counted(String name) {
    return verdict.of("puts") < PUTS_MIN ? null : verdict.counted(name);
  }

  @Override
  public int exitCode() {
    return Report.exitCode(targets());
  }

  @Override
  public String json() {
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
    json.putAll(verdict.counts());
    json.put("targets", targets().stream().map(Target::json).toList());
    return Figures.json(json);
  }

  @Override
  public List<String> lines() {
    List<String> lines = new ArrayList<>();
    lines.add(
        "seed %d, %d s, %d workers, lease time %d ms, %d records/s"
            .formatted(
                plan.seed(),
                plan.time().toSeconds(),
                plan.workers(),
                plan.leaseTime().toMillis(),
                plan.rate()));
    outcome.disturbances().forEach((kind, times) -> lines.add(Verdict.row(kind.name(), times)));
    lines.add(Verdict.row("ended by themselves", outcome.ended()));
    lines.add(Verdict.row("forced stops", outcome.forced()));
    lines.addAll(verdict.lines(targets()));
    return lines;
  }
}
