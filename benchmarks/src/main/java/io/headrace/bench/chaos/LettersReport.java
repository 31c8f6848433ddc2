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

/** A run and its verdict, for people or as one JSON object. Immutable. */
record LettersReport(
    LettersPlan plan, Map<String, Object> machine, LettersRun.Outcome outcome, Verdict verdict)
    implements Findings {
  /** What must not be. */
  private static final List<String> NONE =
      List.of(
          "lost",
          "uncommitted",
          "passedOver",
          "filteredAndYetHandled",
          "lettersWithoutReason",
          "handledAgainstReason",
          "lettersTwice",
          "lettersStale",
          "lettersNotInSink",
          "parkedUntold",
          "staleCommits",
          "progressFellBack",
          "orderViolations",
          "neverPut",
          "parkedLeft",
          "lettersLeft",
          "notHandledInTheEnd",
          "redrivesThatFailed",
          "redrivenAgain",
          "handledAfterSecondRedrive");

  /** A run without any of these proves nothing of them. */
  private static final List<String> SOME =
      List.of("handled", "filtered", "parked", "letters", "ownersKilled");

  static LettersReport of(
      LettersPlan plan, Map<String, Object> machine, LettersRun.Outcome outcome) {
    return new LettersReport(plan, machine, outcome, Verdict.parse(outcome.verdict()));
  }

  List<Target> targets() {
    List<Target> targets = new ArrayList<>();
    targets.add(
        Target.atLeast("processes killed", plan.kills(), Samples.of((double) outcome.kills())));
    targets.addAll(verdict.targets(SOME, NONE));
    targets.add(Verdict.forced(outcome.forced()));
    return targets;
  }

  @Override
  public int exitCode() {
    return Report.exitCode(targets());
  }

  @Override
  public String json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("bench", "letters");
    json.put("machine", machine);
    json.put("seed", plan.seed());
    json.put("workers", plan.workers());
    json.put("leaseSeconds", plan.leaseTime().toMillis() / 1e3);
    json.put("rate", plan.rate());
    json.put("kills", outcome.kills());
    json.put("pauses", outcome.pauses());
    json.put("reshards", outcome.reshards());
    json.put("endedByThemselves", outcome.ended());
    json.put("forcedStops", outcome.forced());
    json.put("killSeconds", Figures.rounded(outcome.killSeconds()));
    json.put("calmSeconds", Figures.rounded(outcome.calmSeconds()));
    json.putAll(verdict.counts());
    json.put("targets", targets().stream().map(Target::json).toList());
    return Figures.json(json);
  }

  @Override
  public List<String> lines() {
    List<String> lines = new ArrayList<>();
    lines.add(
        "seed %d, %d kills in %.0f s, %d pauses, %d reshards, %d workers, %d records/s"
            .formatted(
                plan.seed(),
                outcome.kills(),
                outcome.killSeconds(),
                outcome.pauses(),
                outcome.reshards(),
                plan.workers(),
                plan.rate()));
    lines.addAll(verdict.lines(targets()));
    return lines;
  }
}
