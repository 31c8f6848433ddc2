package io.headrace.harness.fleet;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What came of a {@link FleetSimulation}. Figures count each seed once.
 *
 * @param seeds how many were run
 * @param failures at most 20, in the order of their seeds
 * @param virtualTime of all courses together
 * @param events that were told: requests, writes, deliveries, what workers say
 * @param requests to lease table, progress store, chunk store and stream
 * @param deliveries calls of functions
 * @param redeliveries calls for records that were settled before
 * @param parked records of keys that kept failing, which were stored meanwhile
 * @param ownerChanges how often a lease got another owner
 * @param disturbances how often each kind struck
 * @param mishaps how many requests met each kind
 * @param transitions how often each transition of the engine's machines was taken, second runs and
 *     whatever else the process does included
 * @param repeated how many seeds were run twice
 * @param digest 16 hexadecimal digits of every event of all courses, with its virtual time: equal
 *     where the same seeds of the same code took the same courses, in whatever process
 */
public record SimulationReport(
    int seeds,
    List<Failure> failures,
    Duration virtualTime,
    long events,
    long requests,
    long puts,
    long deliveries,
    long redeliveries,
    long parked,
    long commits,
    long ownerChanges,
    Map<String, Long> disturbances,
    Map<String, Long> mishaps,
    Map<String, Long> transitions,
    int repeated,
    String digest) {
  public SimulationReport {
    failures = List.copyOf(failures);
    disturbances = new TreeMap<>(disturbances);
    mishaps = new TreeMap<>(mishaps);
    transitions = new TreeMap<>(transitions);
  }

  /** Which of the machines' transitions were taken, from 0 to 1. */
  public double transitionsVisited() {
    long visited = transitions.values().stream().filter(times -> times > 0).count();
    return transitions.isEmpty() ? 0 : (double) visited / transitions.size();
  }

  /** Transitions that no course took: of these the simulation proves nothing. */
  public List<String> transitionsNotVisited() {
    return transitions.entrySet().stream()
        .filter(transition -> transition.getValue() == 0)
        .map(Map.Entry::getKey)
        .toList();
  }

  /**
   * A seed in whose course something was not as promised.
   *
   * @param promise which
   * @param what in words
   * @param lastEvents up to 200, each with seconds of virtual time, who, and what
   */
  public record Failure(long seed, String promise, String what, List<String> lastEvents) {
    public Failure {
      lastEvents = List.copyOf(lastEvents);
    }

    static Failure of(CourseResult result, Verdicts.Violation violation) {
      return new Failure(
          result.seed(), violation.promise().name(), violation.what(), result.lastEvents());
    }

    /** One line, and how to see it again. */
    @Override
    public String toString() {
      return "seed "
          + seed
          + ": "
          + promise
          + ": "
          + what
          + "\n  again: ./headrace simulate --seed "
          + seed;
    }
  }

  /**
   * A mistake that was built in.
   *
   * @param name of the mistake
   * @param what it is
   * @param seeds how many were run until it was noticed, or in vain
   * @param noticed null when it was not
   */
  public record Planted(String name, String what, int seeds, @Nullable Failure noticed) {}
}
