package io.headrace.bench.producer;

import io.headrace.bench.rig.Report;
import io.headrace.bench.rig.Results;
import io.headrace.bench.rig.Samples;
import io.headrace.bench.rig.Target;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What {@code bench producer} holds our producer to. */
final class ProducerTargets {
  private static final double CPU_OF_LOOP = 1.3;
  private static final String CPU = "put.cpu_us";

  private ProducerTargets() {}

  static List<Target> of(ProducerPlan plan, Results results) {
    List<Target> targets = new ArrayList<>();
    if (plan.has(Part.THROUGHPUT)) {
      for (Contestant contestant : List.of(Contestant.PLAIN, Contestant.AGGREGATED)) {
        targets.add(
            Target.atMost(
                contestant.label() + ", processor time a record, over the bare loop's",
                CPU_OF_LOOP,
                results.ratio(key(contestant, CPU), key(Contestant.SDK, CPU))));
      }
    }
    if (plan.has(Part.ORDER)) {
      targets.add(none(results, Contestant.PLAIN, "lost"));
      for (Contestant contestant : List.of(Contestant.ORDERED, Contestant.AGGREGATED)) {
        targets.add(none(results, contestant, "lost"));
        targets.add(none(results, contestant, "reorderedPerKey"));
      }
    }
    return targets;
  }

  private static Target none(Results results, Contestant contestant, String figure) {
    return Target.atMost(
        contestant.label() + ", throttled, split and merged, " + figure,
        0,
        results.of(key(contestant, "order." + figure)));
  }

  static Report.Ratios ratios(Results results) {
    Map<String, Samples> ratios = new LinkedHashMap<>();
    for (Contestant contestant : Contestant.values()) {
      Samples ratio = results.ratio(key(contestant, CPU), key(Contestant.SDK, CPU));
      if (contestant != Contestant.SDK && ratio != null) {
        ratios.put(contestant.label() + " over " + Contestant.SDK.label(), ratio);
      }
    }
    return new Report.Ratios(
        "cpuRatios", "processor time a record, one over another, within a round:", ratios);
  }

  private static Results.Key key(Contestant contestant, String figure) {
    return new Results.Key(contestant.label(), null, figure);
  }
}
