package io.headrace.bench.fleet;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;

/**
 * What a fleet handled, shard by shard in the order of time, and what can be read off it.
 * Immutable; ticks are in nanoseconds.
 */
final class Course {
  private final Map<String, List<Delivery>> byShard = new TreeMap<>();

  Course(List<Delivery> deliveries) {
    for (Delivery delivery : deliveries) {
      byShard.computeIfAbsent(delivery.shard(), absent -> new ArrayList<>()).add(delivery);
    }
    byShard.values().forEach(list -> list.sort(Comparator.comparingLong(Delivery::tick)));
  }

  /** Of these shards alone. */
  Course only(Collection<String> shards) {
    return new Course(
        byShard.values().stream()
            .flatMap(List::stream)
            .filter(delivery -> shards.contains(delivery.shard()))
            .toList());
  }

  /**
   * A shard that went from one worker to another.
   *
   * @param gapNanos from the last record that the one handled to the first that the other did
   */
  record Move(String shard, String from, String to, long tick, long gapNanos) {}

  /** Of which something was handled. */
  Set<String> shards() {
    return byShard.keySet();
  }

  /** Who handled the last record of each shard up to a tick. */
  Map<String, String> owners(long tick) {
    Map<String, String> owners = new TreeMap<>();
    byShard.forEach(
        (shard, list) ->
            list.stream()
                .filter(delivery -> delivery.tick() <= tick)
                .reduce((first, second) -> second)
                .ifPresent(last -> owners.put(shard, last.worker())));
    return owners;
  }

  /** The changes of owner in a time, in its order. */
  List<Move> moves(long from, long to) {
    List<Move> moves = new ArrayList<>();
    byShard.forEach(
        (shard, list) -> {
          for (int i = 1; i < list.size(); i++) {
            Delivery before = list.get(i - 1);
            Delivery after = list.get(i);
            if (!before.worker().equals(after.worker())
                && after.tick() >= from
                && after.tick() <= to) {
              moves.add(
                  new Move(
                      shard,
                      before.worker(),
                      after.worker(),
                      after.tick(),
                      after.tick() - before.tick()));
            }
          }
        });
    moves.sort(Comparator.comparingLong(Move::tick));
    return moves;
  }

  /** When a record of the shard was first handled by anybody but one worker, after a tick. */
  OptionalLong resumed(String shard, String without, long after) {
    return list(shard).stream()
        .filter(delivery -> delivery.tick() > after && !delivery.worker().equals(without))
        .mapToLong(Delivery::tick)
        .findFirst();
  }

  /** The first record of a shard; empty when there is none. */
  OptionalLong first(String shard) {
    return list(shard).stream().mapToLong(Delivery::tick).findFirst();
  }

  /** The last record of a shard; empty when there is none. */
  OptionalLong last(String shard) {
    return list(shard).stream().mapToLong(Delivery::tick).max();
  }

  /** The last record that a worker handled of a shard; empty when there is none. */
  OptionalLong last(String shard, String worker) {
    return list(shard).stream()
        .filter(delivery -> delivery.worker().equals(worker))
        .mapToLong(Delivery::tick)
        .max();
  }

  /**
   * The longest time without a record of the shard that reaches into a time; one that has not ended
   * counts as far as the time goes.
   */
  long longestSilence(String shard, long from, long to) {
    long longest = 0;
    long before = from;
    for (Delivery delivery : list(shard)) {
      if (delivery.tick() > to) {
        break;
      }
      if (delivery.tick() >= from) {
        longest = Math.max(longest, delivery.tick() - before);
      }
      before = delivery.tick();
    }
    return Math.max(longest, to - Math.max(before, from));
  }

  /** How many shards each of the workers has at a tick, by its last records. */
  Map<String, Integer> held(Set<String> workers, long tick) {
    Map<String, Integer> held = new HashMap<>();
    workers.forEach(worker -> held.put(worker, 0));
    owners(tick).values().forEach(owner -> held.merge(owner, 1, Integer::sum));
    return held;
  }

  /** By how many shards the worker with the most has more than the one with the least. */
  int spread(Set<String> workers, long tick) {
    Map<String, Integer> held = held(workers, tick);
    int most = held.values().stream().mapToInt(Integer::intValue).max().orElse(0);
    return most - held.values().stream().mapToInt(Integer::intValue).min().orElse(0);
  }

  /**
   * Since when, at the latest in a time, the workers have been level: no change of owner since has
   * unbalanced them again. Empty when they are not at its end.
   */
  OptionalLong levelSince(Set<String> workers, long from, long to) {
    if (spread(workers, to) > 1) {
      return OptionalLong.empty();
    }
    long since = to;
    List<Move> moves = moves(from, to);
    for (int i = moves.size() - 1; i >= 0; i--) {
      since = moves.get(i).tick();
      if (spread(workers, since - 1) > 1) {
        return OptionalLong.of(since);
      }
    }
    return OptionalLong.of(from);
  }

  /** The numbers of all records that were handled at least once. */
  Set<Long> numbers() {
    Set<Long> numbers = new HashSet<>();
    byShard.values().forEach(list -> list.forEach(delivery -> numbers.add(delivery.number())));
    return numbers;
  }

  private List<Delivery> list(String shard) {
    return byShard.getOrDefault(shard, List.of());
  }
}
