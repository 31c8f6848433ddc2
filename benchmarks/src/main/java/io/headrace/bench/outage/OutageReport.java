package io.headrace.bench.outage;

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

/** A run and what is wanted of it, for people or as one JSON object. Immutable. */
record OutageReport(OutagePlan plan, Map<String, Object> machine, OutageRun.Outcome outcome)
    implements Findings {
  /** Less is no lag to judge: the dependency has to be missed. */
  private static final double LAG_SHARE_MIN = 0.5;

  /** A probe's wait, the call's own time, and the second until the metrics say so. */
  private static final double NOTICED_SECONDS_MAX = OutagePlan.PROBE_MAX.toSeconds() + 3;

  List<Target> targets() {
    Course course = outcome.course();
    List<Target> targets = new ArrayList<>();
    targets.add(Target.atMost("letters", 0, outcome.letters()));
    targets.addAll(outcome.verdict().targets());
    targets.add(
        Target.atLeast(
            "records behind when it was back, of what was put meanwhile",
            LAG_SHARE_MIN,
            Samples.of(outcome.lagAtMost() / (double) Math.max(1, outcome.putWhileOff()))));
    targets.add(
        Target.atMost("s until all workers go on", NOTICED_SECONDS_MAX, outcome.noticedSeconds()));
    targets.add(
        Target.atLeast("caught up", 1, Samples.of(outcome.caughtUpSeconds() >= 0 ? 1.0 : 0.0)));
    targets.add(
        Target.atMost(
            "records that the lag rose above its smallest before, of what is put in a second",
            Figures.rounded(course.toleranceRecords()),
            course.worstRise()));
    targets.add(
        Target.atMost(
            "s that the iterator age rose above its smallest before",
            Course.toleranceAgeSeconds(),
            course.worstAgeRise()));
    targets.add(
        Target.atMost(
            "of the memory budget, worst worker", 1, outcome.watch().memoryShareAtMost()));
    targets.add(
        Target.atMost(
            "looks while off at which metrics did not name the dependency alone",
            0,
            named(outcome.watch().unnamedInMetrics())));
    targets.add(
        Target.atMost(
            "looks while off at which health did not name it",
            0,
            named(outcome.watch().unnamedInHealth())));
    targets.add(
        Target.atLeast(
            "workers stopped in order", 1, Samples.of(outcome.stoppedInOrder() ? 1.0 : 0.0)));
    return targets;
  }

  private @Nullable Double named(long unnamed) {
    return outcome.watch().looksWhileOff() == 0 ? null : (double) unnamed;
  }

  @Override
  public int exitCode() {
    return Report.exitCode(targets());
  }

  @Override
  public String json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("bench", "outage");
    json.put("machine", machine);
    json.put("shards", 4);
    json.put("workers", plan.workers());
    json.put("keys", OutagePlan.KEYS);
    json.putAll(figures());
    json.put("targets", targets().stream().map(Target::json).toList());
    return Figures.json(json);
  }

  private Map<String, Object> figures() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("offSeconds", plan.off().toSeconds());
    json.put("fullLoadPerSecond", Figures.rounded(outcome.fullPerSecond()));
    json.put("putsPerSecondAfter", Figures.rounded(outcome.putsPerSecondAfter()));
    json.put("putWhileOff", outcome.putWhileOff());
    json.put("handledWhileOff", outcome.handledWhileOff());
    json.put("failedCallsWhileOff", outcome.watch().probes());
    json.put("lagAtMost", outcome.lagAtMost());
    json.put("allGoOnSeconds", Figures.rounded(outcome.noticedSeconds()));
    json.put("caughtUpSeconds", Figures.rounded(outcome.caughtUpSeconds()));
    json.put("samples", outcome.course().samples().size());
    json.put("worstRiseRecords", Figures.rounded(outcome.course().worstRise()));
    json.put("worstRiseAgeSeconds", Figures.rounded(outcome.course().worstAgeRise()));
    json.put("memoryShareAtMost", Figures.rounded(outcome.watch().memoryShareAtMost()));
    json.put("heapBytesAtMost", outcome.watch().heapBytesAtMost());
    json.put("letters", outcome.letters());
    outcome.verdict().addTo(json);
    json.put("dependency", OutagePlan.DEPENDENCY);
    json.put("looksWhileOff", outcome.watch().looksWhileOff());
    return json;
  }

  @Override
  public List<String> lines() {
    List<String> lines = new ArrayList<>();
    lines.add(
        "4 shards, %d workers, a function that asks %s with each record"
            .formatted(plan.workers(), OutagePlan.DEPENDENCY));
    lines.addAll(Rows.of(figures(), targets()));
    return lines;
  }
}
