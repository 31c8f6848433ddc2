package io.headrace.bench;

import java.util.ArrayList;
import java.util.List;

/** What {@code bench local} holds our server to. */
final class LocalTargets {
  private static final double TIMES_PEER = 10;

  private LocalTargets() {}

  static List<Target> of(LocalPlan plan, Results results) {
    List<Target> targets = new ArrayList<>();
    if (plan.has(Part.PUT)) {
      for (int inFlight : LoadProgram.IN_FLIGHT) {
        overFasterPeer(
            targets, results, "put, " + inFlight + " in flight", "put." + inFlight + ".records_s");
      }
    }
    if (plan.has(Part.GET)) {
      overFasterPeer(targets, results, "get", "get.records_s");
    }
    if (plan.has(Part.LATENCY)) {
      targets.add(
          Target.atMost(
              "put to push at 1,000 records a second, p99 in ms",
              20,
              results.of(Contestant.HEADRACE, Encoding.CBOR, "latency.1000.p99_ms")));
    }
    if (plan.has(Part.START)) {
      targets.add(
          Target.atMost(
              "start to first answer inside a warm JVM, in ms",
              300,
              results.of(Contestant.HEADRACE, null, "start.inside_warm_ms")));
    }
    if (plan.has(Part.MEMORY)) {
      targets.add(
          Target.atMost(
              "heap in use when idle, in MiB",
              40,
              results.of(Contestant.HEADRACE, null, "memory.idle_heap_mib")));
    }
    return targets;
  }

  private static void overFasterPeer(
      List<Target> targets, Results results, String what, String figure) {
    for (Encoding encoding : Encoding.values()) {
      targets.add(
          Target.atLeast(
              what + ", ours over " + encoding + ", times the faster peer",
              TIMES_PEER,
              results.timesFasterPeer(encoding, figure)));
    }
  }
}
