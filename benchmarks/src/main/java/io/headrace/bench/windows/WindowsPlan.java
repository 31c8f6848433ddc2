package io.headrace.bench.windows;

import io.headrace.bench.rig.WindowSettings.By;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;

/**
 * How much a run of {@code bench windows} does.
 *
 * @param parts what windows are keyed by
 * @param contestants who runs the job
 * @param rounds how often all do, in turn
 * @param warmRecords how many records come before the measured ones
 * @param records how many are measured
 */
record WindowsPlan(
    Set<By> parts, Set<Contestant> contestants, int rounds, long warmRecords, long records) {
  /** Nothing lasts longer than this, whatever a program does. */
  static final Duration JOB_MAX = Duration.ofMinutes(15);

  static WindowsPlan full(Set<By> parts, Set<Contestant> contestants) {
    return new WindowsPlan(parts, contestants, 5, 1_000_000, 1_000_000);
  }

  /** A look, not a verdict: one round, with little time to get warm. */
  static WindowsPlan quick(Set<By> parts, Set<Contestant> contestants) {
    return new WindowsPlan(parts, contestants, 1, 200_000, 200_000);
  }

  long allRecords() {
    return warmRecords + records;
  }

  /** In an order in which each is first in turn. */
  List<Contestant> inTurn(int round) {
    List<Contestant> those = new ArrayList<>(contestants.stream().sorted().toList());
    Collections.rotate(those, 1 - round);
    return those;
  }
}
