package io.headrace.bench.scale;

import io.headrace.bench.consumer.Contestant;
import java.util.List;
import java.util.Set;

/**
 * How much a run of {@code bench scale} does.
 *
 * @param fleets from the smallest to the largest
 * @param rounds how often each is measured
 * @param warmRecords how many records of a backlog come before the measured ones
 * @param records how many are measured
 */
record ScalePlan(Set<Part> parts, List<Fleet> fleets, int rounds, long warmRecords, long records) {
  /** Workers that share so many shards. */
  record Fleet(int workers, int shards) {
    String label() {
      return "%,d shards, %d workers".formatted(shards, workers);
    }
  }

  static final Fleet ALONE = new Fleet(1, 10);
  static final Fleet SMALL = new Fleet(2, 100);
  static final Fleet MIDDLE = new Fleet(20, 1_000);
  static final Fleet LARGE = new Fleet(200, 10_000);

  static final List<Integer> BUSY_SHARDS = List.of(4, 100);

  static ScalePlan full(Set<Part> parts) {
    return new ScalePlan(parts, List.of(ALONE, SMALL, MIDDLE, LARGE), 5, 1_000_000, 1_000_000);
  }

  /** A look, not a verdict: without the largest fleet. */
  static ScalePlan quick(Set<Part> parts) {
    return new ScalePlan(parts, List.of(ALONE, SMALL, MIDDLE), 1, 200_000, 200_000);
  }

  boolean has(Part part) {
    return parts.contains(part);
  }

  /** The fleets that are held to what the small one takes. */
  List<Fleet> larger() {
    return fleets.stream().filter(fleet -> fleet.workers() > SMALL.workers()).toList();
  }

  /** What a consumer is called in the report, with so many shards. */
  static String label(Contestant contestant, int shards) {
    return "%s, %,d shards".formatted(contestant.label(), shards);
  }
}
