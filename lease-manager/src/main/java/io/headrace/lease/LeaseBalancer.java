package io.headrace.lease;

import io.headrace.kcl.Incarnation;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Who should have how much, and who gives to whom. Pure integer arithmetic on the leases' weights:
 * all workers that see the same get the same plan. Each move makes the fuller of its two workers
 * less full and leaves the other below what that one was, so that whatever the weights are, as long
 * as they stay, plans that are carried out come to an end and then nothing moves.
 */
final class LeaseBalancer {
  /** Rules of another version would undo these for ever: a mixed fleet obeys the lowest. */
  static final int VERSION = 2;

  /** From this version on leases have weights; before, each counts as one. */
  static final int WEIGHTS_SINCE = 2;

  /** Less than this between the fullest and the emptiest is not worth a first move. */
  private static final int UNEVEN_PERCENT = 15;

  private LeaseBalancer() {}

  /** One lease of that weight should go from one worker to another. */
  record Move(Incarnation from, Incarnation to, int weight) {}

  /** How many leases of each weight a worker has. */
  static final class Load {
    private final SortedMap<Integer, Integer> counts = new TreeMap<>();
    private int total;

    void add(int weight) {
      counts.merge(weight, 1, Integer::sum);
      total += weight;
    }

    void take(int weight) {
      counts.computeIfPresent(weight, (w, count) -> count == 1 ? null : count - 1);
      total -= weight;
    }

    int total() {
      return total;
    }

    private Load copy() {
      var copy = new Load();
      copy.counts.putAll(counts);
      copy.total = total;
      return copy;
    }
  }

  /**
   * How much of what nobody has each worker should take, so that nothing has to move afterwards.
   *
   * @param held what each active worker has; all of them, also those that have nothing
   * @param free what nobody has
   */
  static Map<Incarnation, Integer> rooms(
      Map<Incarnation, Integer> held, Map<Incarnation, Integer> capacities, int free) {
    var rooms = new HashMap<Incarnation, Integer>();
    var emptiestFirst =
        new PriorityQueue<Incarnation>(
            Comparator.<Incarnation>comparingLong(
                    who ->
                        fullness(
                            held.getOrDefault(who, 0) + rooms.getOrDefault(who, 0) + 1,
                            who,
                            capacities))
                .thenComparing(Comparator.naturalOrder()));
    emptiestFirst.addAll(held.keySet());
    for (int left = free; left > 0; left--) {
      var emptiest = emptiestFirst.remove();
      rooms.merge(emptiest, 1, Integer::sum);
      emptiestFirst.add(emptiest);
    }
    return rooms;
  }

  /** Whether the fullest and the emptiest are so far apart that moving should begin. */
  static boolean isUneven(Map<Incarnation, Load> loads, Map<Incarnation, Integer> capacities) {
    long most = 0;
    long least = Long.MAX_VALUE;
    for (var entry : loads.entrySet()) {
      long fullness = fullness(entry.getValue().total, entry.getKey(), capacities);
      most = Math.max(most, fullness);
      least = Math.min(least, fullness);
    }
    return least < most && (most - least) * 100 > most * UNEVEN_PERCENT;
  }

  /** The moves that make the fleet as even as it can be; none when it is. */
  static List<Move> plan(Map<Incarnation, Load> loads, Map<Incarnation, Integer> capacities) {
    var now = new TreeMap<Incarnation, Load>();
    loads.forEach((who, load) -> now.put(who, load.copy()));
    var moves = new ArrayList<Move>();
    for (var move = next(now, capacities); move != null; move = next(now, capacities)) {
      of(move.from(), now).take(move.weight());
      of(move.to(), now).add(move.weight());
      moves.add(move);
    }
    return moves;
  }

  /** The best move of the fullest worker that has one. */
  private static @Nullable Move next(
      SortedMap<Incarnation, Load> now, Map<Incarnation, Integer> capacities) {
    var fullestFirst = new ArrayList<>(now.keySet());
    fullestFirst.sort(
        Comparator.<Incarnation>comparingLong(who -> -fullness(of(who, now).total, who, capacities))
            .thenComparing(Comparator.naturalOrder()));
    for (var giver : fullestFirst) {
      var move = best(giver, now, fullestFirst, capacities);
      if (move != null) {
        return move;
      }
    }
    return null;
  }

  private static @Nullable Move best(
      Incarnation giver,
      Map<Incarnation, Load> now,
      Collection<Incarnation> takers,
      Map<Incarnation, Integer> capacities) {
    var mine = of(giver, now);
    long before = fullness(mine.total, giver, capacities);
    Move best = null;
    long bestAfter = before;
    for (int weight : mine.counts.keySet()) {
      long left = fullness(mine.total - weight, giver, capacities);
      for (var taker : takers) {
        if (taker.equals(giver)) {
          continue;
        }
        long after = Math.max(left, fullness(of(taker, now).total + weight, taker, capacities));
        // Equal for two takers: the emptier one, which comes later.
        if (after < bestAfter || (best != null && after == bestAfter)) {
          best = new Move(giver, taker, weight);
          bestAfter = after;
        }
      }
    }
    return best;
  }

  private static Load of(Incarnation who, Map<Incarnation, Load> loads) {
    return Objects.requireNonNull(loads.get(who), "no load");
  }

  /** What a worker of the largest capacity would hold if it were as full. */
  private static long fullness(int load, Incarnation who, Map<Incarnation, Integer> capacities) {
    return (long) load * (LeaseSettings.CAPACITY_MAX / capacities.getOrDefault(who, 1));
  }

  /** How many leases one worker may have on offer at once. */
  static int offersMax(int held) {
    return Math.max(2, (held + 7) / 8);
  }
}
