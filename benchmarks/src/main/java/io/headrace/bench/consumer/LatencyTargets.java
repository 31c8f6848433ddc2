package io.headrace.bench.consumer;

import io.headrace.bench.rig.Results;
import io.headrace.bench.rig.Target;
import java.util.ArrayList;
import java.util.List;

/** What {@code bench latency} holds our consumer to. */
final class LatencyTargets {
  private static final double P99_OF_POLLING = 0.25;
  private static final double P99_MILLIS = 25;
  private static final int RATE_OF_P99 = 1_000;

  private LatencyTargets() {}

  static List<Target> of(Results results) {
    List<Target> targets = new ArrayList<>();
    for (int rate : LatencyPlan.RATES) {
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
    return targets;
  }

  private static Results.Key key(Contestant contestant, String figure) {
    return new Results.Key(contestant.label(), null, figure);
  }
}
