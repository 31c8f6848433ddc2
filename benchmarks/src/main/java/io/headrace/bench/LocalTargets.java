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
