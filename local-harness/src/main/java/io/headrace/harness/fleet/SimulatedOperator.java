package io.headrace.harness.fleet;

import io.headrace.checkpoint.OperatorStore;
import io.headrace.checkpoint.Order;
import io.headrace.checkpoint.Orders;
import io.headrace.checkpoint.ProgressKey;
import io.headrace.harness.fleet.Verdicts.Promise;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StartingPosition;
import io.headrace.lease.Notice;
import io.headrace.lease.Stored;
import io.headrace.lease.Written;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * An operator of a simulated fleet, who gives orders at the very services, where each call of a
 * store is complete on return, and sees whether they are obeyed. But for what is skipped, orders
 * must change nothing of what becomes of the records. On the world's loop only.
 */
final class SimulatedOperator {
  private static final String SELF = "operator";

  private final FleetWorld world;
  private final OperatorStore store;
  private Orders given = Orders.NONE;
  private boolean insists;
  private @Nullable Stored<Notice> notice;

  SimulatedOperator(FleetWorld world, OperatorStore store) {
    this.world = world;
    this.store = store;
  }

  void pause(String function, Optional<ShardKey> shard, Optional<String> key) {
    give(function, shard, key, new Order.Deed.Pause());
  }

  void resume(String function, Optional<ShardKey> shard, Optional<String> key) {
    give(function, shard, key, new Order.Deed.Resume());
  }

  /** The record alone, or all of its key up to it. */
  void skip(String function, Puts.Put put, boolean wholeKey) {
    var key = wholeKey ? Optional.of(put.key()) : Optional.<String>empty();
    var skip = new Order.Deed.Skip(put.position());
    give(function, Optional.of(put.shard()), key, skip);
  }

  /**
   * Moves a function without state to where it is: what it has under way is fenced and comes again.
   * Where records are finished out of turn, or none is, it is let be.
   */
  void seekInPlace(String function, ShardKey shard) {
    var found = store.progress(new ProgressKey(shard, function)).toCompletableFuture().join();
    var progress = found.item().map(item -> item.progress());
    if (progress.filter(p -> p.ranges().isEmpty()).isEmpty()
        || found.item().flatMap(item -> item.children()).isPresent()) {
      return;
    }
    var through = progress.get().through();
    if (through.isPresent()) {
      var to = StartingPosition.after(through.get());
      var where = Optional.of(shard);
      long number = give(function, where, Optional.empty(), new Order.Deed.Seek(to));
      if (store.move(found, to, number).toCompletableFuture().join()) {
        world.progress().moved(found.key(), found.rev() + 1);
      }
      give(function, where, Optional.empty(), new Order.Deed.Anew());
    }
  }

  /** The number of the latest order. */
  long number() {
    return given.number();
  }

  /** From now on everybody has had the time to hear of all orders; or not, any more. */
  void insist(boolean insists) {
    this.insists = insists;
  }

  /** Orders are about both stages of one that is keyed across shards. */
  private static String functionOf(String handler) {
    int stage = handler.indexOf('@');
    return stage < 0 ? handler : handler.substring(0, stage);
  }

  /** A function is called: not where a pause was ordered before the process was started. */
  void begins(SimulatedProcess process, String handler, ShardKey shard, Puts.Put put) {
    var function = functionOf(handler);
    if (given.given().isEmpty()) {
      return;
    }
    given
        .holding(function, shard)
        .or(() -> Optional.ofNullable(given.heldKeys(function, shard).get(put.key())))
        .filter(order -> insists || order.number() <= process.ordersAtStart())
        .ifPresent(
            order ->
                world
                    .verdicts()
                    .broken(
                        Promise.OPERATORS_ARE_OBEYED,
                        process.name()
                            + " calls "
                            + function
                            + " with record "
                            + put.position().sequence()
                            + " in spite of order "
                            + order.number()
                            + ", "
                            + order));
  }

  /**
   * Whether the record may be skipped: an order may name the shard in which it lies, or the one
   * that has it now, as a parked record's.
   */
  boolean skips(String function, ShardKey shard, Puts.Put put) {
    return Stream.of(shard, put.shard())
        .flatMap(named -> given.skips(function, named).stream())
        .anyMatch(
            order -> {
              var last = ((Order.Deed.Skip) order.deed()).position();
              return order.key().isEmpty()
                  ? last.equals(put.position())
                  : order.key().get().equals(put.key()) && put.position().compareTo(last) <= 0;
            });
  }

  private long give(
      String handler, Optional<ShardKey> shard, Optional<String> key, Order.Deed deed) {
    long number = given.number() + 1;
    var now = world.loop().now();
    var order =
        new Order(number, functionOf(handler), shard, key, deed, SELF, now, "a course of faults");
    world.trace().tell(SELF, "order " + number + ": " + order);
    store.give(order).toCompletableFuture().join();
    store.forget(given.spent(now)).toCompletableFuture().join();
    given = store.orders().toCompletableFuture().join();
    tell(new Notice(number));
    return number;
  }

  private void tell(Notice next) {
    var table = world.table();
    var token = SELF + next.orders();
    var seen = notice;
    var written =
        seen == null
            ? table.createdBy(SELF, FleetWorld.APPLICATION, next, token)
            : table.updatedBy(SELF, FleetWorld.APPLICATION, seen, next, token);
    if (written.toCompletableFuture().join() instanceof Written.Applied<Notice> applied) {
      notice = applied.now();
    }
  }
}
