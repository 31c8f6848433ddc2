package io.headrace.bench.fleet;

import java.util.Set;

/**
 * How much a run of {@code bench fleet} does.
 *
 * @param runs how often each scenario is measured on each side, in turn
 */
record FleetPlan(Set<Scenario> scenarios, Set<Side> sides, int runs) {
  static final int RUNS_MAX = 100;

  FleetPlan {
    if (runs < 1 || runs > RUNS_MAX) {
      throw new IllegalArgumentException("--runs " + runs + ": must be between 1 and " + RUNS_MAX);
    }
  }

  boolean has(Scenario scenario) {
    return scenarios.contains(scenario);
  }

  boolean withKcl() {
    return sides.stream().anyMatch(Side::isKcl);
  }
}
