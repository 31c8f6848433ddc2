package io.headrace.checkpoint;

import io.headrace.kcl.ShardKey;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * All orders of an application, and what follows from them together: of two that contradict each
 * other the later one counts. Immutable.
 *
 * @param given by number
 * @param faults one sentence for each stored order that can't be read, and is not obeyed
 * @param number of the latest, whether it can be read or not; 0 when there is none
 */
public record Orders(List<Order> given, List<String> faults, long number) {
  public static final Orders NONE = new Orders(List.of(), List.of());

  /** More are not kept. */
  public static final int ORDERS_MAX = 1_000;

  /** Of these, to erase keys: they stay in force for long, and must not keep others from it. */
  public static final int ERASURES_MAX = 750;

  /** Orders that say nothing any more are kept this long, as the trail of what was done. */
  static final int TRAIL_MAX = 200;

  /** A redrive that no worker has carried out for so long is forgotten; its letters stay. */
  private static final Duration REDRIVE_MAX = Duration.ofDays(7);

  /** No stream keeps a record for longer, so no skip means anything after this. */
  private static final Duration RETENTION_MAX = Duration.ofDays(366);

  public Orders {
    given = given.stream().sorted(Comparator.comparingLong(Order::number)).toList();
    faults = List.copyOf(faults);
    if (!given.isEmpty()) {
      number = Math.max(number, given.get(given.size() - 1).number());
    }
  }

  public Orders(List<Order> given, List<String> faults) {
    this(given, faults, 0);
  }

  /**
   * As they are for functions that had other names: what was ordered of a former name counts for
   * the present one.
   *
   * @param names the present one by each former one
   */
  public Orders renamed(Map<String, String> names) {
    if (given.stream().noneMatch(order -> names.containsKey(order.function()))) {
      return this;
    }
    return new Orders(
        given.stream()
            .map(order -> order.of(names.getOrDefault(order.function(), order.function())))
            .toList(),
        faults,
        number);
  }

  /** The order because of which the function must not run in the shard. */
  public Optional<Order> holding(String function, ShardKey shard) {
    Order latest = null;
    for (var order : given) {
      if (order.key().isEmpty() && order.concerns(function, shard) && isSwitch(order)) {
        latest = order;
      }
    }
    return Optional.ofNullable(latest).filter(order -> order.deed() instanceof Order.Deed.Pause);
  }

  /** The keys that the function must not see in the shard, and why. */
  public Map<String, Order> heldKeys(String function, ShardKey shard) {
    var held = new LinkedHashMap<String, Order>();
    for (var order : given) {
      if (order.key().isPresent() && order.concerns(function, shard)) {
        if (order.deed() instanceof Order.Deed.Pause) {
          held.put(order.key().get(), order);
        } else if (order.deed() instanceof Order.Deed.Resume) {
          held.remove(order.key().get());
        }
      }
    }
    return held;
  }

  /** What is to be passed over in the shard. */
  public List<Order> skips(String function, ShardKey shard) {
    return given.stream()
        .filter(order -> order.deed() instanceof Order.Deed.Skip)
        .filter(order -> order.concerns(function, shard))
        .toList();
  }

  /**
   * The number of the latest order for which a function that runs has to begin anew; 0 when there
   * is none. A seek is none of them: it is recorded before anything is moved, and who began anew
   * then would be where it was.
   */
  public long generation(String function, ShardKey shard) {
    return given.stream()
        .filter(order -> order.key().isPresent() || !isSwitch(order))
        .filter(order -> !(order.deed() instanceof Order.Deed.Seek))
        .filter(order -> !(order.deed() instanceof Order.Deed.Redrive))
        .filter(order -> order.concerns(function, shard))
        .mapToLong(Order::number)
        .max()
        .orElse(0);
  }

  /** The redrives of a function, in the order in which they were given. */
  public List<Order> redrives(String function) {
    return given.stream()
        .filter(order -> order.deed() instanceof Order.Deed.Redrive)
        .filter(order -> order.function().equals(function))
        .toList();
  }

  /** How many orders to erase keys are in force, of all functions. */
  public long erasures(Instant now) {
    return given.stream()
        .filter(order -> order.deed() instanceof Order.Deed.Erase)
        .filter(order -> !isOver(order, now))
        .count();
  }

  /** What a function is to forget, in the order in which that was said. */
  public List<Order> erasures(String function) {
    return given.stream()
        .filter(order -> order.deed() instanceof Order.Deed.Erase)
        .filter(order -> order.function().equals(function))
        .toList();
  }

  /** The pauses that hold something somewhere. */
  public List<Order> pauses() {
    return given.stream()
        .filter(order -> order.deed() instanceof Order.Deed.Pause)
        .filter(order -> !isEnded(order))
        .toList();
  }

  /** Whether a later order ends all that this pause holds. */
  private boolean isEnded(Order pause) {
    return given.stream()
        .filter(later -> later.number() > pause.number() && isSwitch(later))
        .filter(later -> later.function().equals(pause.function()))
        .filter(later -> later.key().equals(pause.key()))
        .anyMatch(later -> later.shard().isEmpty() || later.shard().equals(pause.shard()));
  }

  /** Those that may be forgotten: they say nothing any more, and the trail is long enough. */
  public List<Order> spent(Instant now) {
    var over = given.stream().filter(order -> isOver(order, now)).toList();
    return over.subList(0, Math.max(0, over.size() - TRAIL_MAX));
  }

  private boolean isOver(Order order, Instant now) {
    if (order.number() == number()) {
      return false; // The next one is numbered after it.
    }
    if (order.deed() instanceof Order.Deed.Pause) {
      return isEnded(order);
    }
    if (order.deed() instanceof Order.Deed.Resume) {
      // It may keep a part of a wider pause from holding.
      return given.stream()
          .noneMatch(
              pause -> pause.number() < order.number() && pause.deed() instanceof Order.Deed.Pause);
    }
    if (order.deed() instanceof Order.Deed.Redrive) {
      return order.at().plus(REDRIVE_MAX).isBefore(now);
    }
    return order.deed() instanceof Order.Deed.Seek
        || order.deed() instanceof Order.Deed.Anew
        || order.at().plus(RETENTION_MAX).isBefore(now);
  }

  private static boolean isSwitch(Order order) {
    return order.deed() instanceof Order.Deed.Pause || order.deed() instanceof Order.Deed.Resume;
  }
}
