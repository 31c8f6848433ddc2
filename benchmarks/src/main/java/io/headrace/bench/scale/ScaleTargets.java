package io.headrace.bench.scale;

import io.headrace.bench.consumer.Contestant;
import io.headrace.bench.rig.Report;
import io.headrace.bench.rig.Results;
import io.headrace.bench.rig.Samples;
import io.headrace.bench.rig.Target;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What {@code bench scale} holds Headrace to. */
final class ScaleTargets {
  private static final double FLAT = 1.3;
  private static final String REQUESTS = "rest.requests_shard";
  private static final String CPU = "rest.cpu_us_shard";
  private static final String BACKLOG_CPU = "backlog.cpu_us";

  private ScaleTargets() {}

  static List<Target> of(ScalePlan plan, Results results) {
    List<Target> targets = new ArrayList<>();
    if (plan.has(Part.FLEET)) {
      for (ScalePlan.Fleet fleet : plan.larger()) {
        targets.add(flat("requests a shard at rest", fleet, REQUESTS, results));
        targets.add(flat("processor time a shard at rest", fleet, CPU, results));
      }
    }
    if (plan.has(Part.BUSY)) {
      targets.add(Target.atMost("processor time a record, 100 shards over 4", FLAT, busy(results)));
    }
    return targets;
  }

  static Report.Ratios ratios(Results results) {
    Map<String, Samples> ratios = new LinkedHashMap<>();
    for (String figure : List.of("start.requests_shard", "start.cpu_us_shard", REQUESTS, CPU)) {
      for (ScalePlan.Fleet fleet : List.of(ScalePlan.MIDDLE, ScalePlan.LARGE)) {
        Samples ratio = ratio(fleet, figure, results);
        if (ratio != null) {
          ratios.put(figure + ", " + fleet.label(), ratio);
        }
      }
    }
    return new Report.Ratios("sizeRatios", "over " + ScalePlan.SMALL.label() + ":", ratios);
  }

  private static Target flat(String what, ScalePlan.Fleet fleet, String figure, Results results) {
    return Target.atMost(
        what + ", " + fleet.label() + " over " + ScalePlan.SMALL.label(),
        FLAT,
        ratio(fleet, figure, results));
  }

  private static @Nullable Samples ratio(ScalePlan.Fleet fleet, String figure, Results results) {
    return results.ratio(
        new Results.Key(fleet.label(), null, figure),
        new Results.Key(ScalePlan.SMALL.label(), null, figure));
  }

  private static @Nullable Samples busy(Results results) {
    return results.ratio(
        key(Contestant.HEADRACE_POLLING, last(ScalePlan.BUSY_SHARDS), BACKLOG_CPU),
        key(Contestant.HEADRACE_POLLING, ScalePlan.BUSY_SHARDS.get(0), BACKLOG_CPU));
  }

  private static int last(List<Integer> sizes) {
    return sizes.get(sizes.size() - 1);
  }

  private static Results.Key key(Contestant contestant, int shards, String figure) {
    return new Results.Key(ScalePlan.label(contestant, shards), null, figure);
  }
}
