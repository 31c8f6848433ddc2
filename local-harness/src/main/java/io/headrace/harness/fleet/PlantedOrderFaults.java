package io.headrace.harness.fleet;

import io.headrace.checkpoint.CheckpointStore;
import io.headrace.checkpoint.ForwardingCheckpointStore;
import io.headrace.checkpoint.ForwardingOperatorStore;
import io.headrace.checkpoint.OperatorStore;
import io.headrace.checkpoint.Order;
import io.headrace.checkpoint.Orders;
import io.headrace.checkpoint.WriteAnswer;
import io.headrace.checkpoint.WriteClaim;
import io.headrace.kcl.Incarnation;
import io.headrace.kcl.LeaseToken;
import io.headrace.kcl.Position;
import io.headrace.lease.Roll;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import java.util.function.Predicate;

/** Faults of what operators order. */
final class PlantedOrderFaults {
  /** Seals nothing, since every item's epoch is at least as high: a read. */
  private static final LeaseToken READER = new LeaseToken(new Incarnation("reader", "planted"), 1);

  /** So many records of the stream more are passed over than was ordered. */
  private static final int BEYOND = 10;

  private PlantedOrderFaults() {}

  /** A worker hears other orders than were given. */
  private static Plant hearing(BiFunction<SimulatedProcess, Orders, Orders> changed) {
    return new Plant() {
      @Override
      public CheckpointStore storeOf(SimulatedProcess process, CheckpointStore store) {
        return new ForwardingCheckpointStore(store) {
          @Override
          public OperatorStore operator() {
            return new ForwardingOperatorStore(super.operator()) {
              @Override
              public CompletionStage<Orders> orders() {
                return super.orders().thenApply(orders -> changed.apply(process, orders));
              }
            };
          }
        };
      }
    };
  }

  private static Orders only(Orders orders, Predicate<Order> heard) {
    return new Orders(
        orders.given().stream().filter(heard).toList(), orders.faults(), orders.number());
  }

  /** A worker obeys only what was ordered since it was started. */
  static Plant ordersBeforeStartIgnored() {
    return hearing(
        (process, orders) -> only(orders, order -> order.number() > process.ordersAtStart()));
  }

  /** Who runs is not told that there are orders. */
  static Plant ordersNotNoticed() {
    return PlantedLeaseFaults.perProcess(
        (process, table) ->
            new TableShim(table) {
              @Override
              public CompletionStage<Roll> roll(String application) {
                return super.roll(application)
                    .thenApply(all -> new Roll(all.workers(), Optional.empty()));
              }
            });
  }

  /** The end of a pause for one shard or key is taken for the end of all pauses. */
  static Plant resumeEndsAll() {
    return hearing(
        (process, orders) ->
            only(
                orders,
                order ->
                    !(order.deed() instanceof Order.Deed.Pause)
                        || orders.given().stream().noneMatch(later -> ends(later, order))));
  }

  private static boolean ends(Order later, Order pause) {
    return later.deed() instanceof Order.Deed.Resume && later.number() > pause.number();
  }

  /** Records of a key are skipped behind the position up to which that was ordered. */
  static Plant skipsTooFar() {
    return hearing(
        (process, orders) ->
            new Orders(
                orders.given().stream().map(PlantedOrderFaults::reachingFurther).toList(),
                orders.faults(),
                orders.number()));
  }

  private static Order reachingFurther(Order order) {
    if (!(order.deed() instanceof Order.Deed.Skip skip) || order.key().isEmpty()) {
      return order;
    }
    long sequence = Long.parseLong(skip.position().sequence().value());
    return new Order(
        order.number(),
        order.function(),
        order.shard(),
        order.key(),
        new Order.Deed.Skip(Position.of(sequence + BEYOND)),
        order.by(),
        order.at(),
        order.reason());
  }

  /** A commit that was refused because an operator moved the function is carried out after all. */
  static Plant moveOvertaken() {
    return PlantedProgressFaults.atStore(
        store ->
            new ForwardingCheckpointStore(store) {
              @Override
              public CompletionStage<WriteAnswer> commit(Commit commit) {
                return super.commit(commit)
                    .thenCompose(
                        answer ->
                            answer instanceof WriteAnswer.Moved
                                ? super.commit(forced(commit))
                                : CompletableFuture.completedFuture(answer));
              }

              private Commit forced(Commit commit) {
                var claim = commit.claim();
                var now = seal(claim.key(), READER, "planted").toCompletableFuture().join();
                var at =
                    new WriteClaim(
                        claim.key(), now.token(), now.rev(), now.nonce(), claim.attempt());
                return new Commit(at, commit.progress(), commit.parts(), commit.takenOver());
              }
            });
  }
}
