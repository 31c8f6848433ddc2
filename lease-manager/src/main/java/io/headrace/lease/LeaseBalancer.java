package io.headrace.lease;

import io.headrace.kcl.Incarnation;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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
  static final int VERSION = 3;

  /** From this version on leases have weights; before, each counts as one. */
  static final int WEIGHTS_SINCE = 2;

  /** From this version on a worker knows what a standby is; before, it would wait for one. */
  static final int STANDBYS_SINCE = 3;

  /** From this version on workers agree on the ids of the members; before, on their lives. */
  static final int IDS_AGREED_SINCE = 3;

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
    var emptiestFirst = new PriorityQueue<Filling>();
    held.forEach(
        (who, load) -> {
          long one = fullness(1, who, capacities);
          emptiestFirst.add(new Filling(who, one, one * (load + 1), 0));
        });
    for (int left = free; left > 0; left--) {
      emptiestFirst.add(emptiestFirst.remove().withOneMore());
    }
    var rooms = new HashMap<Incarnation, Integer>();
    emptiestFirst.forEach(
        filling -> {
          if (filling.taken > 0) {
            rooms.put(filling.who, filling.taken);
          }
        });
    return rooms;
  }

  /** How full a worker would be with one more, and what one is for it. */
  private record Filling(Incarnation who, long one, long next, int taken)
      implements Comparable<Filling> {
    Filling withOneMore() {
      return new Filling(who, one, next + one, taken + 1);
    }

    @Override
    public int compareTo(Filling other) {
      int byFullness = Long.compare(next, other.next);
      return byFullness != 0 ? byFullness : who.compareTo(other.who);
    }
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

  /** A worker while a plan is made. */
  private record Side(Incarnation who, Load load, long one) {
    /** Fullest first. */
    static final Comparator<Side> ORDER =
        Comparator.comparingLong((Side side) -> -side.fullnessWith(0)).thenComparing(Side::who);

    long fullnessWith(int more) {
      return (load.total + more) * one;
    }
  }

  private record Step(Side from, Side to, int weight) {}

  /** The moves that make the fleet as even as it can be; none when it is. */
  static List<Move> plan(Map<Incarnation, Load> loads, Map<Incarnation, Integer> capacities) {
    var sides = new ArrayList<Side>(loads.size());
    loads.forEach(
        (who, load) -> sides.add(new Side(who, load.copy(), fullness(1, who, capacities))));
    var moves = new ArrayList<Move>();
    for (var step = next(sides); step != null; step = next(sides)) {
      step.from().load().take(step.weight());
      step.to().load().add(step.weight());
      moves.add(new Move(step.from().who(), step.to().who(), step.weight()));
    }
    return moves;
  }

  /** The best move of the fullest worker that has one. */
  private static @Nullable Step next(List<Side> sides) {
    sides.sort(Side.ORDER);
    for (var giver : sides) {
      var step = best(giver, sides);
      if (step != null) {
        return step;
      }
    }
    return null;
  }

  private static @Nullable Step best(Side giver, List<Side> fullestFirst) {
    long before = giver.fullnessWith(0);
    Step best = null;
    long bestAfter = before;
    for (int weight : giver.load().counts.keySet()) {
      long left = giver.fullnessWith(-weight);
      for (var taker : fullestFirst) {
        if (taker.who().equals(giver.who())) {
          continue;
        }
        long after = Math.max(left, taker.fullnessWith(weight));
        // Equal for two takers: the emptier one, which comes later.
        if (after < bestAfter || (best != null && after == bestAfter)) {
          best = new Step(giver, taker, weight);
          bestAfter = after;
        }
      }
    }
    return best;
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
