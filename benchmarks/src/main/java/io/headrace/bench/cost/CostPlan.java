package io.headrace.bench.cost;

import java.util.Set;

/**
 * How much a run does.
 *
 * @param blocksBefore blocks of records, each with a commit, before those that count
 * @param blocks that count
 */
record CostPlan(Set<Part> parts, int rounds, int blocksBefore, int blocks) {
  static CostPlan full(Set<Part> parts) {
    return new CostPlan(parts, 5, 60, 150);
  }

  /** A look, not a verdict. */
  static CostPlan quick(Set<Part> parts) {
    return new CostPlan(parts, 1, 20, 60);
  }

  boolean has(Part part) {
    return parts.contains(part);
  }
}
