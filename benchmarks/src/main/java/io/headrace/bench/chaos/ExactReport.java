package io.headrace.bench.chaos;

import io.headrace.bench.rig.Figures;
import io.headrace.bench.rig.Findings;
import io.headrace.bench.rig.Report;
import io.headrace.bench.rig.Target;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A run and its verdict, for people or as one JSON object. Immutable. */
record ExactReport(ExactPlan plan, Map<String, Object> machine, ExactRun.Outcome outcome)
    implements Findings {
  /** What must not be. */
  private static final List<String> NONE =
      List.of(
          "inputsDiffer",
          "undisturbed.daysNotAsFolded",
          "daysNotAsFolded",
          "daysMissing",
          "daysDifferent",
          "daysExtra",
          "alarmsMissing",
          "alarmsDifferent",
          "alarmsExtra",
          "statesMissing",
          "statesDifferent",
          "statesExtra",
          "outputsOfOneName",
          "idsWithTwoValues",
          "outputsWithoutId",
          "flightsTooLate",
          "letters");

  /** A run without any of these proves nothing of them. */
  private static final List<String> SOME =
      List.of(
          "days",
          "alarms",
          "states",
          "killsOfOwnersOfFlights",
          "killsOfOwnersOfPayments",
          "statesOfSecondVersion");

  private static final int PARTS_OF_ROLL = 3;

  List<Target> targets() {
    Verdict verdict = outcome.verdict();
    List<Target> targets = new ArrayList<>();
    targets.add(Target.atLeast("payments", plan.payments(), verdict.counted("payments")));
    targets.add(Target.atLeast("kills", plan.killsMin(), verdict.counted("kills")));
    targets.add(Target.atLeast("parts of the roll", PARTS_OF_ROLL, verdict.counted("partsOfRoll")));
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
    json.put("bench", "exact");
    json.put("machine", machine);
    json.put("seed", plan.seed());
    json.put("seconds", plan.time().toSeconds());
    json.put("killEverySeconds", plan.every().toMillis() / 1e3);
    json.put("workers", plan.workers());
    json.put("leaseSeconds", plan.leaseTime().toMillis() / 1e3);
    json.put("endedByThemselves", outcome.ended());
    json.put("forcedStops", outcome.forced());
    json.put("undisturbedSeconds", Figures.rounded(outcome.plainSeconds()));
    json.put("disturbedSeconds", Figures.rounded(outcome.disturbedSeconds()));
    json.putAll(outcome.verdict().counts());
    json.put("targets", targets().stream().map(Target::json).toList());
    return Figures.json(json);
  }

  @Override
  public List<String> lines() {
    List<String> lines = new ArrayList<>();
    lines.add(
        "seed %d, %d workers, lease time %d ms, undisturbed %.0f s, disturbed %.0f s"
            .formatted(
                plan.seed(),
                plan.workers(),
                plan.leaseTime().toMillis(),
                outcome.plainSeconds(),
                outcome.disturbedSeconds()));
    lines.add(Verdict.row("ended by themselves", outcome.ended()));
    lines.add(Verdict.row("forced stops", outcome.forced()));
    lines.addAll(outcome.verdict().lines(targets()));
    return lines;
  }
}
