package io.headrace.bench.async;

import io.headrace.bench.rig.Report;
import io.headrace.bench.rig.Results;
import io.headrace.bench.rig.Samples;
import io.headrace.bench.rig.Target;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What {@code bench async} holds an asynchronous function to. */
final class AsyncTargets {
  /** The names of figures. */
  static final String HANDLED = "handled_share";

  static final String FUNCTION_THREADS = "function_threads";
  static final String THREADS = "threads";
  static final String LAG = "lag";
  static final String AGE = "iterator_age_max_ms";

  /** Of records that are put each second, with 50 ms each, which is in it. */
  private static final double LAG_P99_MILLIS = 250;

  private static final double AGE_MILLIS = 1_000;

  private AsyncTargets() {}

  static List<Target> of(Results results) {
    int threads = Math.max(4, 2 * Runtime.getRuntime().availableProcessors());
    return List.of(
        Target.atLeast("records handled over records put", 1, async(results, HANDLED)),
        Target.atMost(
            "threads that functions have, by our default for this machine",
            threads,
            async(results, FUNCTION_THREADS)),
        Target.atMost(
            "put to function completed, with the call's 50 ms, p99 in ms",
            LAG_P99_MILLIS,
            async(results, LAG + ".p99_ms")),
        Target.atMost("iterator age, the highest, in ms", AGE_MILLIS, async(results, AGE)));
  }

  static Report.Ratios ratios(Results results) {
    Map<String, Samples> ratios = new LinkedHashMap<>();
    for (var way : List.of(Way.THREADS, Way.VIRTUAL)) {
      for (var figure : List.of(THREADS, "cpu_us", LAG + ".p50_ms", LAG + ".p99_ms")) {
        var ratio = results.ratio(key(Way.ASYNC, figure), key(way, figure));
        if (ratio != null) {
          ratios.put(figure + ", " + Way.ASYNC.label() + " over " + way.label(), ratio);
        }
      }
    }
    return new Report.Ratios("ratios", "one over another, within a round:", ratios);
  }

  private static @Nullable Samples async(Results results, String figure) {
    return results.of(key(Way.ASYNC, figure));
  }

  private static Results.Key key(Way way, String figure) {
    return new Results.Key(way.label(), null, figure);
  }
}
