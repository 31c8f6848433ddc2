package io.headrace.bench.fanout;

import io.headrace.bench.rig.Report;
import io.headrace.bench.rig.Results;
import io.headrace.bench.rig.Samples;
import io.headrace.bench.rig.Target;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What {@code bench fanout} holds our consumer to. */
final class FanOutTargets {
  private static final double CPU_OF_KCL = 0.4;
  private static final double P99_OF_POLLING = 0.25;
  private static final double P99_MILLIS = 25;
  private static final int RATE_OF_P99 = 1_000;
  private static final String CPU = "backlog.cpu_us";

  private FanOutTargets() {}

  static List<Target> of(FanOutPlan plan, Results results) {
    List<Target> targets = new ArrayList<>();
    if (plan.has(Part.BACKLOG)) {
      targets.add(
          Target.atMost(
              "processor time a record, fan-out, over the KCL's fan-out",
              CPU_OF_KCL,
              cpu(results, Contestant.HEADRACE_FAN_OUT, Contestant.KCL_FAN_OUT)));
    }
    if (plan.has(Part.LATENCY)) {
      for (int rate : FanOutPlan.RATES) {
        targets.add(
            Target.atMost(
                "put to function at %,d records a second, p99 over the p50 of the KCL that polls"
                        .formatted(rate)
                    + " every 200 ms",
                P99_OF_POLLING,
                results.ratio(
                    key(Contestant.HEADRACE_FAN_OUT, "latency." + rate + ".p99_ms"),
                    key(Contestant.KCL_POLLING_OFTEN, "latency." + rate + ".p50_ms"))));
      }
      targets.add(
          Target.atMost(
              "put to function at %,d records a second, p99 in ms".formatted(RATE_OF_P99),
              P99_MILLIS,
              results.of(key(Contestant.HEADRACE_FAN_OUT, "latency." + RATE_OF_P99 + ".p99_ms"))));
    }
    return targets;
  }

  /** What else is worth a ratio; only the KCL's fan-out is a target here. */
  static Report.Ratios ratios(Results results) {
    Map<String, Samples> ratios = new LinkedHashMap<>();
    put(ratios, results, Contestant.HEADRACE_FAN_OUT, Contestant.KCL_FAN_OUT);
    put(ratios, results, Contestant.HEADRACE_FAN_OUT, Contestant.SDK_FAN_OUT);
    put(ratios, results, Contestant.KCL_FAN_OUT, Contestant.SDK_FAN_OUT);
    put(ratios, results, Contestant.HEADRACE_POLLING, Contestant.KCL_POLLING_OFTEN);
    return new Report.Ratios(
        "cpuRatios", "processor time a record, one over another, within a round:", ratios);
  }

  private static void put(
      Map<String, Samples> ratios, Results results, Contestant over, Contestant under) {
    Samples ratio = cpu(results, over, under);
    if (ratio != null) {
      ratios.put(over.label() + " over " + under.label(), ratio);
    }
  }

  private static @Nullable Samples cpu(Results results, Contestant over, Contestant under) {
    return results.ratio(key(over, CPU), key(under, CPU));
  }

  private static Results.Key key(Contestant contestant, String figure) {
    return new Results.Key(contestant.label(), null, figure);
  }
}
