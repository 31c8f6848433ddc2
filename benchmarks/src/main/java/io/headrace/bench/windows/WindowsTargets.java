package io.headrace.bench.windows;

import io.headrace.bench.rig.Report;
import io.headrace.bench.rig.Results;
import io.headrace.bench.rig.Samples;
import io.headrace.bench.rig.Target;
import io.headrace.bench.rig.WindowSettings.By;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** All have to come to the same windows; what they cost is shown and has no target. */
final class WindowsTargets {
  static final String CPU = "windows.cpu_us";

  private WindowsTargets() {}

  static List<Target> of(WindowsPlan plan, Results results) {
    List<Target> targets = new ArrayList<>();
    for (By part : plan.parts()) {
      for (Contestant contestant : plan.inTurn(1)) {
        targets.add(
            Target.atMost(
                "%s by %s: windows that are missing, too many, or not the fold's to the last bit"
                    .formatted(contestant.label(), WindowsRun.label(part)),
                0,
                worst(results.of(key(contestant, part, WindowsRun.NOT_AS_FOLDED)))));
      }
    }
    return targets;
  }

  /** Of what has to be none, the worst round counts and not the middle one. */
  private static @Nullable Samples worst(@Nullable Samples samples) {
    return samples == null ? null : Samples.of(samples.max());
  }

  /** Ours over the others'. */
  static Report.Ratios ratios(Results results) {
    Map<String, Samples> ratios = new LinkedHashMap<>();
    for (By part : By.values()) {
      for (Contestant other : Contestant.values()) {
        Samples ratio =
            other == Contestant.HEADRACE
                ? null
                : results.ratio(key(Contestant.HEADRACE, part, CPU), key(other, part, CPU));
        if (ratio != null) {
          ratios.put(
              "by %s, headrace over %s".formatted(WindowsRun.label(part), other.label()), ratio);
        }
      }
    }
    return new Report.Ratios(
        "cpuRatios", "processor time a record, ours over another's, within a round:", ratios);
  }

  private static Results.Key key(Contestant contestant, By part, String figure) {
    return new Results.Key(contestant.label(), WindowsRun.label(part), figure);
  }
}
