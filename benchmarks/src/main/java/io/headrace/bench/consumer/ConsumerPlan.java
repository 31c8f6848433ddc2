package io.headrace.bench.consumer;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;

/**
 * How much a run of {@code bench consumer} does.
 *
 * @param consumers which are measured, of these parts
 * @param rounds how often they are measured, in turn
 * @param warmRecords how many records of a backlog come before the measured ones
 * @param records how many are measured
 */
record ConsumerPlan(
    Set<Part> parts, Set<Contestant> consumers, int rounds, long warmRecords, long records) {
  /** Nothing lasts longer than this, whatever a consumer does. */
  static final Duration BACKLOG_MAX = Duration.ofMinutes(4);

  /** Kinesalite hands out some 30,000 a second, and holds them all in memory. */
  private static final long KINESALITE_WARM_RECORDS = 1_000_000;

  private static final long KINESALITE_RECORDS = 400_000;

  /** After 2,000,000 compilers still took up to a third of what our consumer did. */
  private static final long WARM_RECORDS = 6_000_000;

  static ConsumerPlan full(Set<Part> parts, Set<Contestant> consumers) {
    return new ConsumerPlan(parts, consumers, 5, WARM_RECORDS, 2_000_000);
  }

  /** A look, not a verdict: one round, with little time to get warm. */
  static ConsumerPlan quick(Set<Part> parts, Set<Contestant> consumers) {
    return new ConsumerPlan(parts, consumers, 1, 500_000, 500_000);
  }

  /** Of each part, what its server bears. */
  long warmRecords(Part part) {
    return part == Part.KINESALITE ? Math.min(KINESALITE_WARM_RECORDS, warmRecords) : warmRecords;
  }

  /** As {@link #warmRecords(Part)}. */
  long records(Part part) {
    return part == Part.KINESALITE ? Math.min(KINESALITE_RECORDS, records) : records;
  }

  /** Those of a part, in an order in which each is first in turn. */
  List<Contestant> of(Part part, int round) {
    List<Contestant> those =
        new ArrayList<>(consumers.stream().filter(each -> each.part() == part).sorted().toList());
    Collections.rotate(those, 1 - round);
    return those;
  }
}
