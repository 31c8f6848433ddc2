package io.headrace.harness;

import io.headrace.checkpoint.OperatorStore;
import io.headrace.checkpoint.Order;
import io.headrace.checkpoint.ProgressKey;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StartingPosition;
import io.headrace.lease.Notice;
import io.headrace.lease.Stored;
import io.headrace.lease.Written;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An operator of a simulated fleet, who gives orders at the very services: each call of a store is
 * complete on return. Whatever is ordered must change nothing of what becomes of the records. On
 * the world's loop only.
 */
final class SimulatedOperator {
  private static final String SELF = "operator";

  private final FleetWorld world;
  private final OperatorStore store;
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
    progress
        .get()
        .through()
        .map(StartingPosition::after)
        .ifPresent(
            to -> {
              long number = give(function, Optional.of(shard), Optional.empty(), seek(to));
              store.move(found, to, number).toCompletableFuture().join();
            });
  }

  private static Order.Deed seek(StartingPosition to) {
    return new Order.Deed.Seek(to);
  }

  private long give(
      String function, Optional<ShardKey> shard, Optional<String> key, Order.Deed deed) {
    var orders = store.orders().toCompletableFuture().join();
    long number = orders.number() + 1;
    var now = world.loop().now();
    var order = new Order(number, function, shard, key, deed, SELF, now, "a course of faults");
    world.trace().tell(SELF, "order " + number + ": " + order);
    store.give(order).toCompletableFuture().join();
    store.forget(orders.spent(now)).toCompletableFuture().join();
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
