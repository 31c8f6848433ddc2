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
record SoakReport(SoakPlan plan, Map<String, Object> machine, SoakRun.Outcome outcome)
    implements Findings {
  /** What has to stay what it is; the items of the table have a row for each shard that ended. */
  private static final List<String> FLAT =
      List.of("heapBytes", "threads", "handles", SoakRun.FILES, SoakRun.FILE_BYTES);

  /** Of its median, over the time that is judged: noise of a heap. */
  private static final double GROWTH_MAX = 0.1;

  List<Target> targets() {
    List<Target> targets = new ArrayList<>();
    targets.addAll(outcome.verdict().targets());
    targets.add(
        Target.atMost(
            "of the memory budget, worst worker", 1, outcome.watch().memoryShareAtMost()));
    for (String name : FLAT) {
      Double growth = growthShare(outcome.trends().get(name));
      targets.add(
          Target.atMost(
              "growth of " + name + " over the last two thirds, of its median",
              GROWTH_MAX,
              growth == null ? null : Samples.of(growth.doubleValue())));
    }
    targets.add(
        Target.atLeast(
            "workers stopped in order", 1, Samples.of(outcome.stoppedInOrder() ? 1.0 : 0.0)));
    return targets;
  }

  /** Null where there are too few looks. What was nothing and is still nothing has not grown. */
  static @Nullable Double growthShare(@Nullable Trend trend) {
    if (trend == null || !trend.canBeJudged()) {
      return null;
    }
    double growth = trend.growth();
    return growth == 0 ? 0 : growth / Math.max(1, trend.median());
  }

  @Override
  public int exitCode() {
    return Report.exitCode(targets());
  }

  @Override
  public String json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("bench", "soak");
    json.put("machine", machine);
    json.put("seed", plan.seed());
    json.putAll(figures());
    json.put("targets", targets().stream().map(Target::json).toList());
    return Figures.json(json);
  }

  private Map<String, Object> figures() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("seconds", plan.time().toSeconds());
    json.put("workers", SoakPlan.WORKERS);
    json.put("maxPerSecond", Figures.rounded(outcome.maxPerSecond()));
    json.put("happened", outcome.happened().toString());
    json.put("lagAtMost", outcome.lagAtMost());
    outcome
        .trends()
        .forEach(
            (name, trend) -> {
              json.put(name + ".looks", trend.points().size());
              if (trend.canBeJudged()) {
                json.put(name + ".median", Figures.rounded(trend.median()));
                json.put(name + ".growth", Figures.rounded(trend.growth()));
              }
            });
    json.put("memoryShareAtMost", Figures.rounded(outcome.watch().memoryShareAtMost()));
    outcome.verdict().addTo(json);
    return json;
  }

  @Override
  public List<String> lines() {
    List<String> lines = new ArrayList<>();
    lines.add(
        "seed %d, %d s, %d workers, of which the first stays"
            .formatted(plan.seed(), plan.time().toSeconds(), SoakPlan.WORKERS));
    lines.addAll(Rows.of(figures(), targets()));
    return lines;
  }
}
