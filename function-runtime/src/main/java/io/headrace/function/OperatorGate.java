package io.headrace.function;

import io.headrace.checkpoint.Order;
import io.headrace.checkpoint.Orders;
import io.headrace.kcl.Position;
import io.headrace.kcl.ShardHandler;
import io.headrace.kcl.StableCopy;
import io.headrace.kcl.StreamRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Stands before a handler where an operator wants single records or keys otherwise: what is to be
 * skipped is settled as that, and the records of a key that is paused stay unanswered, in order,
 * while others go on. A handler that judges lateness gets to see them, to know the event time of
 * their place. Owned by the worker loop.
 *
 * <p>It never changes: orders that do make the run begin anew, and then another gate is made.
 */
final class OperatorGate extends Gate {
  private final Scope scope;
  private final List<Order> skips;
  private final Set<String> heldKeys;

  private OperatorGate(Scope scope, List<Order> skips, Set<String> heldKeys, ShardHandler behind) {
    super(behind);
    this.scope = scope;
    this.skips = skips;
    this.heldKeys = heldKeys;
  }

  /** The handler itself where no order concerns single records of the shard. */
  static ShardHandler before(ShardHandler behind, Scope scope, Orders orders) {
    var shard = scope.context.key();
    var skips = orders.skips(scope.function, shard);
    var keys = orders.heldKeys(scope.function, shard).keySet();
    return of(behind, scope, skips, keys);
  }

  /**
   * Before a handler that says of places that all before them is done, and so must see each record:
   * what waited here would be passed over by that.
   */
  static ShardHandler skippingOnly(ShardHandler behind, Scope scope, Orders orders) {
    return of(behind, scope, orders.skips(scope.function, scope.context.key()), Set.of());
  }

  private static ShardHandler of(
      ShardHandler behind, Scope scope, List<Order> skips, Set<String> keys) {
    return skips.isEmpty() && keys.isEmpty()
        ? behind
        : new OperatorGate(scope, skips, StableCopy.of(keys), behind);
  }

  @Override
  public void handle(List<StreamRecord> records) {
    var through = new ArrayList<StreamRecord>(records.size());
    for (var record : records) {
      var skip = skipping(skips, record);
      if (skip.isPresent()) {
        skip(record.position(), skip.get());
        behind.foundDone(List.of(record.position()));
      } else if (isHeld(record)) {
        scope.context.outcomes().resting(record.position());
        if (scope.placesResting && !record.misrouted()) {
          scope.rests(record.position());
          through.add(record);
        } else {
          scope.keepsSomeBack = true;
        }
      } else {
        through.add(record);
      }
    }
    if (!through.isEmpty()) {
      behind.handle(through);
    }
  }

  /** A mark is of no key of the function's, whatever partition key leads it here. */
  private boolean isHeld(StreamRecord record) {
    return heldKeys.contains(record.key().text()) && !(record.payload() instanceof Watermark);
  }

  /** The order that has this record passed over. */
  static Optional<Order> skipping(List<Order> skips, StreamRecord record) {
    return skips.stream().filter(order -> concerns(order, record)).findFirst();
  }

  private static boolean concerns(Order order, StreamRecord record) {
    var position = ((Order.Deed.Skip) order.deed()).position();
    return order
        .key()
        .map(key -> key.equals(record.key().text()) && record.position().compareTo(position) <= 0)
        .orElseGet(() -> record.position().equals(position));
  }

  /** In a turn of its own, as all other outcomes are told. */
  private void skip(Position position, Order order) {
    scope.post(
        () -> {
          var shard = scope.context.key();
          scope.tell(new FunctionEvent.Skipped(scope.function, shard, position, order.number()));
          scope.context.outcomes().settled(position, Outcome.SKIPPED);
        });
  }
}
