package io.headrace.function.metrics;

import io.headrace.kcl.ShardHandler.Outcome;
import io.headrace.kcl.StableCopy;
import java.util.Map;

/**
 * What became of the records of one function in one worker. It balances at any moment: {@code taken
 * = settled + found done + given back + under way}.
 *
 * @param taken from the stream, those that came again too
 * @param settled by how they came out: handled, filtered, in letters, dropped, skipped, parked
 * @param foundDone came again, and were finished before
 * @param givenBack will be taken again, here or elsewhere
 */
public record Account(long taken, Map<Outcome, Long> settled, long foundDone, long givenBack) {
  public Account {
    settled = StableCopy.of(settled);
  }

  /** What is left: taken, and nothing has become of it yet. */
  public long underWay() {
    return taken
        - settled.values().stream().mapToLong(Long::longValue).sum()
        - foundDone
        - givenBack;
  }
}
