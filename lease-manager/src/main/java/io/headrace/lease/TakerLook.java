package io.headrace.lease;

import io.headrace.kcl.Incarnation;
import io.headrace.kcl.ShardKey;
import io.headrace.lease.WorkerItem.State;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A look at whether a taker is still there, still takes leases and still says for which it is
 * ready: a lease given to the dead or the leaving would stand still. It is asked while the shards
 * drain, so that hand-overs need not wait for it. Lives on the coordinator's loop.
 */
final class TakerLook {
  /** What was asked longer ago says nothing of the taker any more: it is asked again. */
  private static final Duration FRESH = Duration.ofSeconds(1);

  private final Incarnation taker;
  private final long askedAt;
  private final List<Consumer<Set<ShardKey>>> waiting = new ArrayList<>();

  /** For what it is ready, if it takes leases at all. */
  private @Nullable Set<ShardKey> willing;

  private TakerLook(Incarnation taker, long askedAt) {
    this.taker = taker;
    this.askedAt = askedAt;
  }

  /** Asks until it is answered. */
  static TakerLook begin(Desk desk, Incarnation taker) {
    return begin(
        desk,
        taker,
        () ->
            desk.table
                .book(desk.application, taker.workerId())
                .thenApply(
                    found ->
                        found
                            .map(Stored::item)
                            .filter(book -> book.owner().equals(taker))
                            .map(Book::ready)
                            .orElse(Set.of())));
  }

  /** The same, when its book was read just now. */
  static TakerLook begin(Desk desk, Book read) {
    return begin(desk, read.owner(), () -> CompletableFuture.completedStage(read.ready()));
  }

  private static TakerLook begin(Desk desk, Incarnation taker, Readiness readiness) {
    var look = new TakerLook(taker, desk.now());
    desk.readUntilAnswered(
        () ->
            desk.table
                .worker(desk.application, taker.workerId())
                .thenCombine(
                    readiness.ask(),
                    (item, ready) ->
                        item.filter(found -> look.takes(found.item())).isPresent()
                            ? ready
                            : Set.<ShardKey>of()),
        look::answered,
        edited -> look.answered(Set.of())); // Of whom nothing can be read takes nothing.
    return look;
  }

  private interface Readiness {
    CompletionStage<Set<ShardKey>> ask();
  }

  /** Whether it says of this taker how it is now. */
  boolean isOf(Incarnation wanted, long now) {
    return taker.equals(wanted) && now - askedAt < FRESH.toNanos();
  }

  /** Calls {@code then}, once, with whether the shard may be given; at once when that is known. */
  void then(ShardKey shard, Consumer<Boolean> then) {
    Consumer<Set<ShardKey>> told = ready -> then.accept(ready.contains(shard));
    if (willing != null) {
      told.accept(willing);
    } else {
      waiting.add(told);
    }
  }

  private boolean takes(WorkerItem item) {
    return item.incarnation().equals(taker) && item.state() == State.ACTIVE;
  }

  private void answered(Set<ShardKey> ready) {
    willing = ready;
    waiting.forEach(then -> then.accept(ready));
    waiting.clear();
  }
}
