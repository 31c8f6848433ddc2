package io.headrace.bench.local;

import io.headrace.bench.rig.Report;
import io.headrace.bench.rig.Results;
import io.headrace.bench.rig.Samples;
import io.headrace.bench.rig.Target;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What {@code bench local} holds our server to. */
final class LocalTargets {
  private static final String OURS = Contestant.HEADRACE.label();
  private static final double TIMES_PEER = 10;
  private static final String RATE = ".records_s";
  private static final String SERVER_COST = ".server_cpu_us";

  private LocalTargets() {}

  static List<Target> of(LocalPlan plan, Results results) {
    List<Target> targets = new ArrayList<>();
    if (plan.has(Part.PUT)) {
      overFasterPeer(targets, results, "put, 4 in flight", "put.4.records_s");
    }
    if (plan.has(Part.GET)) {
      overFasterPeer(targets, results, "get", "get.records_s");
    }
    if (plan.has(Part.LATENCY)) {
      targets.add(
          Target.atMost(
              "put to push at 1,000 records a second, warm, p99 in ms",
              20,
              results.of(OURS, Encoding.CBOR.name(), "latency.1000.p99_ms")));
    }
    if (plan.has(Part.START)) {
      targets.add(
          Target.atMost(
              "start to first answer inside a warm JVM, in ms",
              300,
              results.of(OURS, null, "start.inside_warm_ms")));
    }
    if (plan.has(Part.MEMORY)) {
      targets.add(
          Target.atMost(
              "heap in use when idle, in MiB", 40, results.of(OURS, null, "memory.idle_heap_mib")));
    }
    return targets;
  }

  /**
   * How many times better ours is than the best of the others, in all that is measured of both.
   * With one request in flight the work of the client, which is the same for all, comes on top of
   * the server's; the processor time of the server is free of it.
   */
  static Report.Ratios ratios(Results results) {
    Map<String, Samples> ratios = new LinkedHashMap<>();
    List<String> figures =
        results.keys().stream()
            .map(Results.Key::figure)
            .filter(figure -> figure.endsWith(RATE) || figure.endsWith(SERVER_COST))
            .distinct()
            .toList();
    for (String figure : figures) {
      for (Encoding encoding : Encoding.values()) {
        Samples ratio = results.timesBestPeer(OURS, encoding.name(), figure, figure.endsWith(RATE));
        if (ratio != null) {
          ratios.put(figure + ", ours over " + encoding, ratio);
        }
      }
    }
    return new Report.Ratios(
        "timesBestPeer", "times better than the best of the others, within a round:", ratios);
  }

  private static void overFasterPeer(
      List<Target> targets, Results results, String what, String figure) {
    for (Encoding encoding : Encoding.values()) {
      targets.add(
          Target.atLeast(
              what + ", ours over " + encoding + ", times the faster peer",
              TIMES_PEER,
              results.timesBestPeer(OURS, encoding.name(), figure, true)));
    }
  }
}
