package io.headrace.bench.cost;

import io.headrace.bench.fleet.QuietFleet;
import io.headrace.bench.rig.Report;
import io.headrace.bench.rig.Results;
import io.headrace.bench.rig.Samples;
import io.headrace.bench.rig.Target;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What is wanted of requests, and what they come to in money. */
final class CostTargets {
  static final String LOADED = "loaded.";
  static final String IDLE = "idle.";
  private static final double IDLE_SHARE = 0.05;
  private static final List<String> SIDES =
      List.of(QuietFleet.HEADRACE, QuietFleet.KCL, QuietFleet.KCL_TUNED);

  private CostTargets() {}

  static List<Target> of(CostPlan plan, Results results) {
    List<Target> targets = new ArrayList<>();
    if (plan.has(Part.COMMITS)) {
      for (CommitCase each : CommitCase.all()) {
        if (Double.isFinite(each.unitsMax())) {
          targets.add(
              Target.atMost(
                  "write units a commit, " + each.label(),
                  each.unitsMax(),
                  results.of(each.label(), null, CommitUnits.UNITS)));
        }
      }
    }
    if (plan.has(Part.FLEET)) {
      for (String kcl : List.of(QuietFleet.KCL, QuietFleet.KCL_TUNED)) {
        targets.add(
            Target.atMost(
                "idle at 50 shards a worker, requests to DynamoDB over those of " + kcl,
                IDLE_SHARE,
                ratio(results, IDLE + "requests_s", kcl)));
      }
    }
    return targets;
  }

  private static @Nullable Samples ratio(Results results, String figure, String kcl) {
    return results.ratio(
        new Results.Key(QuietFleet.HEADRACE, null, figure), new Results.Key(kcl, null, figure));
  }

  /** Ours over theirs. */
  static Report.Ratios ratios(Results results) {
    Map<String, Samples> byName = new LinkedHashMap<>();
    for (String when : List.of(IDLE, LOADED)) {
      for (String what : List.of("requests_s", "write_units_s", "stream_requests_s")) {
        for (String kcl : List.of(QuietFleet.KCL, QuietFleet.KCL_TUNED)) {
          Samples ratio = ratio(results, when + what, kcl);
          if (ratio != null) {
            byName.put(when + what + " over " + kcl, ratio);
          }
        }
      }
    }
    return new Report.Ratios("ratios", "ours over theirs, within a round:", byName);
  }

  /** Dollars a month of a worker with 50 shards, by side and by whether records come. */
  static Map<String, Double> month(Results results, Prices prices) {
    Map<String, Double> dollars = new LinkedHashMap<>();
    for (String when : List.of(IDLE, LOADED)) {
      for (String side : SIDES) {
        Samples writes = results.of(side, null, when + "write_units_s");
        Samples reads = results.of(side, null, when + "read_units_s");
        if (writes != null && reads != null) {
          dollars.put(
              side + ", " + when.substring(0, when.length() - 1),
              prices.month(writes.median(), reads.median()));
        }
      }
    }
    return dollars;
  }
}
