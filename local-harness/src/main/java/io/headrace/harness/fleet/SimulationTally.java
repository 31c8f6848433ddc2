package io.headrace.harness.fleet;

import io.headrace.harness.fleet.SimulationReport.Failure;
import io.headrace.harness.fleet.Verdicts.Promise;
import io.headrace.kcl.EngineTransitions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;

/** Adds up the courses of a simulation; any thread may add. */
final class SimulationTally {
  private final List<Failure> failures = new ArrayList<>();
  private final Map<String, Long> disturbances = new TreeMap<>();
  private final Map<String, Long> mishaps = new TreeMap<>();
  private int seeds;
  private int repeated;
  private Duration virtualTime = Duration.ZERO;
  private long events;
  private long requests;
  private long puts;
  private long deliveries;
  private long redeliveries;
  private long parked;
  private long commits;
  private long ownerChanges;

  /** A sum, as courses are added in the order in which threads are done with them. */
  private long digest;

  synchronized void add(CourseResult result) {
    seeds++;
    digest += digestOf(result);
    virtualTime = virtualTime.plus(result.virtualTime());
    events += result.events();
    requests += result.requests();
    puts += result.puts();
    deliveries += result.deliveries();
    redeliveries += result.repeats();
    parked += result.parked();
    commits += result.commits();
    ownerChanges += result.changesOfOwner();
    result.disturbances().forEach((kind, n) -> disturbances.merge(kind.name(), n, Long::sum));
    result.mishaps().forEach((kind, n) -> mishaps.merge(kind.name(), n, Long::sum));
    var violation = result.violation();
    if (violation != null) {
      failures.add(Failure.of(result, violation));
    }
  }

  /** With the seed, so that two seeds that change places are not the same. */
  private static long digestOf(CourseResult result) {
    return new SplittableRandom(result.hash() ^ Long.rotateLeft(result.seed(), 32)).nextLong();
  }

  /** Two courses of one seed. */
  synchronized void compare(CourseResult once, CourseResult again) {
    repeated++;
    if (once.hash() != again.hash() || once.events() != again.events()) {
      failures.add(
          new Failure(
              once.seed(),
              Promise.SAME_SEED_SAME_COURSE.name(),
              "two runs differ: "
                  + once.events()
                  + " events and hash "
                  + Long.toHexString(once.hash())
                  + ", then "
                  + again.events()
                  + " and "
                  + Long.toHexString(again.hash()),
              again.lastEvents()));
    }
  }

  synchronized int failures() {
    return failures.size();
  }

  synchronized SimulationReport report() {
    failures.sort(Comparator.comparingLong(Failure::seed));
    return new SimulationReport(
        seeds,
        failures,
        virtualTime,
        events,
        requests,
        puts,
        deliveries,
        redeliveries,
        parked,
        commits,
        ownerChanges,
        disturbances,
        mishaps,
        EngineTransitions.counts(),
        repeated,
        HexFormat.of().toHexDigits(digest));
  }
}
