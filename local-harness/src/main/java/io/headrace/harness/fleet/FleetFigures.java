package io.headrace.harness.fleet;

import java.time.Duration;
import java.util.List;

/**
 * What a simulated fleet was measured at, in virtual time, against what it must reach.
 *
 * @param targets in the order in which they were measured
 */
public record FleetFigures(
    int workers, int shards, Duration leaseTime, Duration virtualTime, List<Target> targets) {
  public FleetFigures {
    targets = List.copyOf(targets);
  }

  /**
   * One figure.
   *
   * @param name with its unit at the end: {@code Seconds}, {@code Moves}, {@code PerSecond}
   * @param limit the most that it may be
   */
  public record Target(String name, double value, double limit) {
    public boolean met() {
      return value <= limit;
    }
  }

  /** Whether all targets were met. */
  public boolean met() {
    return targets.stream().allMatch(Target::met);
  }
}
