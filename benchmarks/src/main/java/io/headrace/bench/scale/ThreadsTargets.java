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

/** What {@code bench threads} holds one worker with many quiet shards to. */
final class ThreadsTargets {
  private static final double KIBIBYTES_OF_A_SHARD = 64;
  private static final double KIBIBYTES_OF_A_MEBIBYTE = 1024;
  private static final String THREADS = "rest.threads";
  private static final String HEAP = "rest.heap_mib";

  private ThreadsTargets() {}

  /**
   * All of them.
   *
   * @param cores of the machine: so many threads more shards may bring
   */
  static List<Target> of(ThreadsPlan plan, int cores, Results results) {
    List<Target> targets = new ArrayList<>();
    for (Contestant ours : plan.ours()) {
      targets.add(
          Target.atMost(
              "%s: KiB of heap for a quiet shard, of %,d".formatted(ours.label(), plan.most()),
              KIBIBYTES_OF_A_SHARD,
              heapOfAShard(ours, plan.most(), results)));
      targets.add(
          Target.atMost(
              "%s: threads with %,d quiet shards beyond those with %d"
                  .formatted(ours.label(), plan.most(), ThreadsPlan.FEW),
              cores,
              results.difference(
                  key(ours, plan.most(), THREADS), key(ours, ThreadsPlan.FEW, THREADS))));
    }
    return targets;
  }

  /** What each has over the same with few shards. */
  static Report.Ratios ratios(ThreadsPlan plan, Results results) {
    Map<String, Samples> ratios = new LinkedHashMap<>();
    for (String figure : List.of(THREADS, HEAP, "rest.cpu_ms_s")) {
      for (ThreadsPlan.Case each : plan.cases()) {
        Samples ratio =
            each.shards() == ThreadsPlan.FEW
                ? null
                : results.ratio(
                    key(each.contestant(), each.shards(), figure),
                    key(each.contestant(), ThreadsPlan.FEW, figure));
        if (ratio != null) {
          ratios.put(figure + ", " + each.label(), ratio);
        }
      }
    }
    return new Report.Ratios(
        "sizeRatios", "over the same with %d shards:".formatted(ThreadsPlan.FEW), ratios);
  }

  private static @Nullable Samples heapOfAShard(Contestant contestant, int most, Results results) {
    Samples mebibytes =
        results.difference(key(contestant, most, HEAP), key(contestant, ThreadsPlan.FEW, HEAP));
    return mebibytes == null
        ? null
        : Samples.of(mebibytes.median() * KIBIBYTES_OF_A_MEBIBYTE / (most - ThreadsPlan.FEW));
  }

  private static Results.Key key(Contestant contestant, int shards, String figure) {
    return new Results.Key(ScalePlan.label(contestant, shards), null, figure);
  }
}
