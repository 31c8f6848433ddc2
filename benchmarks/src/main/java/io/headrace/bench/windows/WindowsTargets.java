package io.headrace.bench.windows;

import io.headrace.bench.rig.Report;
import io.headrace.bench.rig.Results;
import io.headrace.bench.rig.Samples;
import io.headrace.bench.rig.Span;
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
  private static final String WITHOUT_COMPILERS = "windows" + Span.WITHOUT_COMPILERS;

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
        if (other != Contestant.HEADRACE) {
          String name = "by %s, headrace over %s".formatted(WindowsRun.label(part), other.label());
          put(ratios, name, results, part, other, CPU);
          put(ratios, name + ", without compilers", results, part, other, WITHOUT_COMPILERS);
        }
      }
    }
    return new Report.Ratios(
        "cpuRatios", "processor time a record, ours over another's, within a round:", ratios);
  }

  private static void put(
      Map<String, Samples> ratios,
      String name,
      Results results,
      By part,
      Contestant other,
      String figure) {
    Samples ratio = results.ratio(key(Contestant.HEADRACE, part, figure), key(other, part, figure));
    if (ratio != null) {
      ratios.put(name, ratio);
    }
  }

  private static Results.Key key(Contestant contestant, By part, String figure) {
    return new Results.Key(contestant.label(), WindowsRun.label(part), figure);
  }
}
