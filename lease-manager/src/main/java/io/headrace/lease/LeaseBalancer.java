package io.headrace.lease;

import io.headrace.kcl.Incarnation;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Who should have how many leases, and who gives to whom. Pure integer arithmetic on counts: all
 * workers that see the same counts get the same plan, a plan that is carried out plans nothing
 * more, and a lease is moved only from above a target to below one.
 */
final class LeaseBalancer {
  /** Rules of another version would undo these for ever: a mixed fleet obeys the lowest. */
  static final int VERSION = 1;

  private LeaseBalancer() {}

  /** {@code count} leases should go from one worker to another. */
  record Transfer(Incarnation from, Incarnation to, int count) {}

  /**
   * How many leases each worker should have: its share by capacity, rounded down, and what is left
   * over goes to those that hold most above their share, so that it need not move.
   *
   * @param held how many each active worker has; all of them, also those that have none
   * @param free leases that nobody has
   */
  static SortedMap<Incarnation, Integer> targets(
      Map<Incarnation, Integer> held, Map<Incarnation, Integer> capacities, int free) {
    long total = held.values().stream().mapToLong(Integer::longValue).sum() + free;
    long capacity = held.keySet().stream().mapToLong(who -> capacities.getOrDefault(who, 1)).sum();
    var targets = new TreeMap<Incarnation, Integer>();
    long left = total;
    for (var who : held.keySet()) {
      int share = Math.toIntExact(total * capacities.getOrDefault(who, 1) / capacity);
      targets.put(who, share);
      left -= share;
    }
    var mostAbove =
        held.keySet().stream()
            .sorted(
                Comparator.<Incarnation>comparingInt(
                        who -> targets.getOrDefault(who, 0) - held.getOrDefault(who, 0))
                    .thenComparing(Comparator.naturalOrder()))
            .toList();
    for (int i = 0; left > 0; left--, i++) {
      targets.merge(mostAbove.get(i % mostAbove.size()), 1, Integer::sum);
    }
    return targets;
  }

  /** The moves that bring every worker to its target; none when all are there. */
  static List<Transfer> transfers(
      Map<Incarnation, Integer> held, Map<Incarnation, Integer> capacities) {
    var targets = targets(held, capacities, 0);
    var below = new TreeMap<Incarnation, Integer>();
    targets.forEach(
        (who, target) -> {
          if (target > held.getOrDefault(who, 0)) {
            below.put(who, target - held.getOrDefault(who, 0));
          }
        });
    var transfers = new ArrayList<Transfer>();
    targets.forEach(
        (giver, target) -> {
          int excess = held.getOrDefault(giver, 0) - target;
          while (excess > 0) {
            var taker = below.firstKey();
            int count = Math.min(excess, below.getOrDefault(taker, 0));
            transfers.add(new Transfer(giver, taker, count));
            excess -= count;
            below.computeIfPresent(taker, (who, need) -> need == count ? null : need - count);
          }
        });
    return transfers;
  }

  /** How many leases one worker may have on offer at once. */
  static int offersMax(int held) {
    return Math.max(2, (held + 7) / 8);
  }
}
