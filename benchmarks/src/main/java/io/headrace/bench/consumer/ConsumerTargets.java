package io.headrace.bench.consumer;

import io.headrace.bench.rig.Report;
import io.headrace.bench.rig.Results;
import io.headrace.bench.rig.Samples;
import io.headrace.bench.rig.Span;
import io.headrace.bench.rig.Target;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What {@code bench consumer} holds our consumers to. */
final class ConsumerTargets {
  private static final double CPU_OF_FLOOR = 1.3;
  private static final double CPU_OF_KCL = 0.4;
  private static final double CPU_OF_PLAIN_LOOP = 1.5;
  private static final String CPU = "backlog.cpu_us";
  private static final String WITHOUT_COMPILERS = "backlog" + Span.WITHOUT_COMPILERS;

  private ConsumerTargets() {}

  static List<Target> of(ConsumerPlan plan, Results results) {
    List<Target> targets = new ArrayList<>();
    if (plan.parts().contains(Part.POLLING)) {
      targets.add(
          Target.atMost(
              "processor time a record, polling, over the bare SDK's",
              CPU_OF_FLOOR,
              cpu(results, Contestant.HEADRACE_POLLING, Contestant.SDK_POLLING)));
      targets.add(
          Target.atMost(
              "processor time a record, polling, over the better KCL's",
              CPU_OF_KCL,
              better(results, Contestant.KCL_POLLING_OFTEN, Contestant.KCL_POLLING)));
    }
    if (plan.parts().contains(Part.KINESALITE)) {
      targets.add(
          Target.atMost(
              "processor time a record, polling kinesalite, over the bare SDK's",
              CPU_OF_FLOOR,
              cpu(results, Contestant.HEADRACE_KINESALITE, Contestant.SDK_KINESALITE)));
      targets.add(
          Target.atMost(
              "processor time a record, polling kinesalite, over the tuned KCL's",
              CPU_OF_KCL,
              cpu(results, Contestant.HEADRACE_KINESALITE, Contestant.KCL_KINESALITE)));
    }
    if (plan.parts().contains(Part.FAN_OUT)) {
      targets.add(
          Target.atMost(
              "processor time a record, fan-out, over the KCL's fan-out",
              CPU_OF_KCL,
              cpu(results, Contestant.HEADRACE_FAN_OUT, Contestant.KCL_FAN_OUT)));
    }
    if (plan.parts().contains(Part.KEYED)) {
      targets.add(
          Target.atMost(
              "processor time a record, JSON and state, over a plain loop's",
              CPU_OF_PLAIN_LOOP,
              cpu(results, Contestant.HEADRACE_KEYED, Contestant.SDK_KEYED)));
    }
    return targets;
  }

  /** Over the one that took less by its median; null unless both were measured. */
  private static @Nullable Samples better(Results results, Contestant one, Contestant other) {
    Samples ofOne = results.of(key(one, CPU));
    Samples ofOther = results.of(key(other, CPU));
    if (ofOne == null || ofOther == null) {
      return null;
    }
    Contestant better = ofOne.median() <= ofOther.median() ? one : other;
    return cpu(results, Contestant.HEADRACE_POLLING, better);
  }

  /** Every consumer over the floor of its part, and ours over the KCL's. */
  static Report.Ratios ratios(Results results) {
    Map<Part, Contestant> floors = new EnumMap<>(Part.class);
    floors.put(Part.POLLING, Contestant.SDK_POLLING);
    floors.put(Part.FAN_OUT, Contestant.SDK_FAN_OUT);
    floors.put(Part.KEYED, Contestant.SDK_KEYED);
    floors.put(Part.KINESALITE, Contestant.SDK_KINESALITE);
    Map<String, Samples> ratios = new LinkedHashMap<>();
    for (Contestant contestant : Contestant.values()) {
      Contestant floor = floors.get(contestant.part());
      if (floor != null && floor != contestant) {
        put(ratios, results, contestant, floor);
      }
    }
    put(ratios, results, Contestant.HEADRACE_POLLING, Contestant.SDK_POLLING_PACED);
    put(ratios, results, Contestant.HEADRACE_POLLING, Contestant.KCL_POLLING_OFTEN);
    put(ratios, results, Contestant.HEADRACE_POLLING, Contestant.KCL_POLLING);
    put(ratios, results, Contestant.HEADRACE_FAN_OUT, Contestant.KCL_FAN_OUT);
    put(ratios, results, Contestant.HEADRACE_KINESALITE, Contestant.KCL_KINESALITE);
    return new Report.Ratios(
        "cpuRatios", "processor time a record, one over another, within a round:", ratios);
  }

  private static void put(
      Map<String, Samples> ratios, Results results, Contestant over, Contestant under) {
    String name = over.label() + " over " + under.label();
    put(ratios, name, cpu(results, over, under));
    put(
        ratios,
        name + ", without compilers",
        results.ratio(key(over, WITHOUT_COMPILERS), key(under, WITHOUT_COMPILERS)));
  }

  private static void put(Map<String, Samples> ratios, String name, @Nullable Samples ratio) {
    if (ratio != null) {
      ratios.put(name, ratio);
    }
  }

  private static @Nullable Samples cpu(Results results, Contestant over, Contestant under) {
    return results.ratio(key(over, CPU), key(under, CPU));
  }

  private static Results.Key key(Contestant contestant, String figure) {
    return new Results.Key(contestant.label(), null, figure);
  }
}
