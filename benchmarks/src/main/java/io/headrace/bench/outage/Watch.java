package io.headrace.bench.outage;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What the workers said of themselves, second by second. Confined to one thread. */
final class Watch {
  /** In the first seconds a worker may not have called what is off, or been asked in between. */
  private static final double NOTICED_AFTER_SECONDS = 3;

  private long looksWhileOff;
  private long unnamedInMetrics;
  private long unnamedInHealth;
  private long othersNamed;
  private long failedCalls;
  private double memoryShareAtMost;
  private long heapBytesAtMost;
  private long failedAtFirst = -1;

  /**
   * All workers at once.
   *
   * @param age of the oldest unfinished record in the worst shard of all, in seconds
   * @param commits that stand
   * @param requests that were sent to table and stream, those tried again too
   * @param unavailable what the metrics of any worker name
   * @param namedInMetrics workers whose metrics name the dependency
   * @param namedInHealth workers whose health does
   */
  record Look(
      int workers,
      boolean ready,
      long stored,
      long handled,
      double age,
      long letters,
      long failedCalls,
      long commits,
      long requests,
      double memoryShare,
      long heapBytes,
      Set<String> unavailable,
      int namedInMetrics,
      int namedInHealth) {
    /**
     * Of what workers answer.
     *
     * @param others what workers handled that are gone
     */
    static Look of(long stored, long others, List<JsonNode> answers) {
      long handled = others;
      long commits = 0;
      long requests = 0;
      long letters = 0;
      long failedCalls = 0;
      double age = 0;
      double memory = 0;
      long heap = 0;
      boolean ready = true;
      int inMetrics = 0;
      int inHealth = 0;
      Set<String> unavailable = new HashSet<>();
      for (JsonNode each : answers) {
        handled += each.path("handled").asLong();
        letters += each.path("letters").asLong();
        failedCalls += each.path("failedCalls").asLong();
        commits += each.path("commits").asLong();
        requests += each.path("requests").asLong();
        age = Math.max(age, each.path("age").asDouble());
        memory =
            Math.max(
                memory,
                each.path("memoryUsed").asDouble()
                    / Math.max(1, each.path("memoryMax").asDouble()));
        heap = Math.max(heap, each.path("heapUsed").asLong());
        ready &= each.path("ready").asBoolean();
        List<String> names = new ArrayList<>();
        each.path("unavailable").forEach(name -> names.add(name.asText()));
        unavailable.addAll(names);
        inMetrics += names.contains(OutagePlan.DEPENDENCY) ? 1 : 0;
        inHealth += each.path("health").toString().contains(OutagePlan.DEPENDENCY) ? 1 : 0;
      }
      return new Look(
          answers.size(),
          ready,
          stored,
          handled,
          age,
          letters,
          failedCalls,
          commits,
          requests,
          memory,
          heap,
          unavailable,
          inMetrics,
          inHealth);
    }

    /** Records that are stored and not handled. */
    long lag() {
      return stored - handled;
    }
  }

  /** Looks while the dependency is off. */
  void whileOff(Look look, double seconds) {
    see(look);
    if (failedAtFirst < 0) {
      failedAtFirst = look.failedCalls();
    }
    failedCalls = look.failedCalls() - failedAtFirst;
    if (seconds < NOTICED_AFTER_SECONDS) {
      return;
    }
    looksWhileOff++;
    unnamedInMetrics += look.namedInMetrics() < look.workers() ? 1 : 0;
    unnamedInHealth += look.namedInHealth() < look.workers() ? 1 : 0;
    othersNamed += look.unavailable().size() > 1 ? 1 : 0;
  }

  /** Looks at any time. */
  void see(Look look) {
    memoryShareAtMost = Math.max(memoryShareAtMost, look.memoryShare());
    heapBytesAtMost = Math.max(heapBytesAtMost, look.heapBytes());
  }

  long looksWhileOff() {
    return looksWhileOff;
  }

  /** Looks at which the metrics of a worker did not name the dependency, or another one. */
  long unnamedInMetrics() {
    return unnamedInMetrics + othersNamed;
  }

  /** Looks at which the health of a worker did not. */
  long unnamedInHealth() {
    return unnamedInHealth;
  }

  /** Calls that failed while it was off, from the first look on: the probes. */
  long probes() {
    return failedCalls;
  }

  /** Of the budget for records that are read and not finished, in the worst worker. */
  double memoryShareAtMost() {
    return memoryShareAtMost;
  }

  long heapBytesAtMost() {
    return heapBytesAtMost;
  }
}
