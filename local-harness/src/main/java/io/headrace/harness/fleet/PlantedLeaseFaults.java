package io.headrace.harness.fleet;

import io.headrace.kcl.Incarnation;
import io.headrace.kcl.ShardKey;
import io.headrace.lease.Book;
import io.headrace.lease.LeaseItem;
import io.headrace.lease.LeaseRow;
import io.headrace.lease.LeaseTable;
import io.headrace.lease.Roll;
import io.headrace.lease.Stored;
import io.headrace.lease.WorkerItem;
import io.headrace.lease.WorkerItem.State;
import io.headrace.lease.Written;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import java.util.function.BiPredicate;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Faults of leases: conditions that are left out, writes that say too much, rules not kept. */
final class PlantedLeaseFaults {
  private PlantedLeaseFaults() {}

  /** What is done to a lease row on its way to the table; {@code seen} is null for a new one. */
  @FunctionalInterface
  interface RowChange {
    LeaseRow change(@Nullable LeaseRow seen, LeaseRow next);
  }

  static Plant atTable(UnaryOperator<LeaseTable> shim) {
    return new Plant() {
      @Override
      public LeaseTable table(LeaseTable table) {
        return shim.apply(table);
      }
    };
  }

  static Plant rows(RowChange change) {
    return atTable(
        table ->
            new TableShim(table) {
              @Override
              public <T extends LeaseItem> CompletionStage<Written<T>> create(
                  String application, T item, String nonce) {
                return super.create(application, changed(change, null, item), nonce);
              }

              @Override
              public <T extends LeaseItem> CompletionStage<Written<T>> update(
                  String application, Stored<T> seen, T next, String writeToken) {
                return super.update(
                    application, seen, changed(change, seen.item(), next), writeToken);
              }
            });
  }

  /** A row stays a row. */
  @SuppressWarnings("unchecked")
  private static <T extends LeaseItem> T changed(RowChange change, @Nullable T seen, T next) {
    return next instanceof LeaseRow row ? (T) change.change((LeaseRow) seen, row) : next;
  }

  /** Updates for which {@code which} holds replace whatever is there. */
  static Plant unconditional(BiPredicate<LeaseItem, LeaseItem> which) {
    return atTable(
        table ->
            new TableShim(table) {
              @Override
              public <T extends LeaseItem> CompletionStage<Written<T>> update(
                  String application, Stored<T> seen, T next, String writeToken) {
                var at = which.test(seen.item(), next) ? present(application, next) : null;
                return super.update(application, at == null ? seen : at, next, writeToken);
              }

              @SuppressWarnings("unchecked") // what lies under an item's key is of its kind
              private <T extends LeaseItem> @Nullable Stored<T> present(String application, T of) {
                CompletionStage<? extends Optional<? extends Stored<?>>> found =
                    of instanceof LeaseRow row
                        ? lease(application, row.shard())
                        : worker(application, ((WorkerItem) of).incarnation().workerId());
                return (Stored<T>) found.toCompletableFuture().join().orElse(null);
              }
            });
  }

  static boolean isClaim(@Nullable LeaseItem seen, LeaseItem next) {
    return seen instanceof LeaseRow before
        && next instanceof LeaseRow row
        && row.owner() != null
        && row.epoch() > before.epoch();
  }

  static boolean isTakeBack(LeaseItem seen, LeaseItem next) {
    return isClaim(seen, next)
        && ((LeaseRow) next).from() == null
        && ((LeaseRow) next).owner() != null
        && Objects.equals(((LeaseRow) next).owner(), ((LeaseRow) seen).from());
  }

  static boolean isFlip(LeaseItem seen, LeaseItem next) {
    return isClaim(seen, next)
        && ((LeaseRow) seen).from() == null
        && ((LeaseRow) next).from() != null;
  }

  static boolean isAcknowledgement(LeaseItem seen, LeaseItem next) {
    return seen instanceof LeaseRow before
        && next instanceof LeaseRow row
        && before.from() != null
        && row.from() == null
        && row.epoch() == before.epoch()
        && Objects.equals(row.owner(), before.owner());
  }

  static boolean isBurial(LeaseItem seen, LeaseItem next) {
    return next instanceof WorkerItem worker && worker.state() == State.BURIED;
  }

  static LeaseRow withEpoch(LeaseRow row, long epoch) {
    return new LeaseRow(
        row.shard(),
        row.parents(),
        row.range(),
        row.owner(),
        epoch,
        row.ended(),
        row.awaits(),
        row.avoid(),
        row.from());
  }

  /** A row that waits for its first parent only. */
  static LeaseRow withOneParent(LeaseRow row) {
    if (row.parents().size() < 2) {
      return row;
    }
    var first = row.parents().get(0);
    var awaits = new TreeSet<>(row.awaits());
    awaits.retainAll(List.of(first));
    return new LeaseRow(
        row.shard(),
        List.of(first),
        row.range(),
        row.owner(),
        row.epoch(),
        row.ended(),
        awaits,
        row.avoid(),
        row.from());
  }

  /** Heartbeats are written whoever has the item by now, and whatever it is. */
  static Plant heartbeatRevives() {
    return atTable(
        table ->
            new TableShim(table) {
              @Override
              public CompletionStage<Written<WorkerItem>> beat(
                  String application,
                  Stored<WorkerItem> seen,
                  WorkerItem next,
                  long revision,
                  String writeToken) {
                var now = worker(application, next.incarnation().workerId());
                var at = now.toCompletableFuture().join().orElse(seen);
                return super.update(application, at, next, writeToken);
              }
            });
  }

  /** A heartbeat that comes late is written over a newer one. */
  static Plant heartbeatsInAnyOrder() {
    return atTable(
        table ->
            new TableShim(table) {
              @Override
              public CompletionStage<Written<WorkerItem>> beat(
                  String application,
                  Stored<WorkerItem> seen,
                  WorkerItem next,
                  long revision,
                  String writeToken) {
                var now = worker(application, next.incarnation().workerId());
                var found = now.toCompletableFuture().join().orElse(seen);
                long above = Math.max(revision, found.revision() + 1);
                return super.beat(application, seen, next, above, writeToken);
              }
            });
  }

  static Plant perProcess(BiFunction<SimulatedProcess, LeaseTable, LeaseTable> shim) {
    return new Plant() {
      @Override
      public LeaseTable tableOf(SimulatedProcess process, LeaseTable table) {
        return shim.apply(process, table);
      }
    };
  }

  /** Changes what a process reads and writes of worker items. */
  abstract static class WorkerShim extends TableShim {
    WorkerShim(LeaseTable table) {
      super(table);
    }

    Stored<WorkerItem> read(Stored<WorkerItem> found) {
      return found;
    }

    WorkerItem written(WorkerItem next) {
      return next;
    }

    @Override
    public CompletionStage<Roll> roll(String application) {
      return super.roll(application)
          .thenApply(
              all -> new Roll(all.workers().stream().map(this::read).toList(), all.notice()));
    }

    @Override
    public CompletionStage<Optional<Stored<WorkerItem>>> worker(
        String application, String workerId) {
      return super.worker(application, workerId).thenApply(found -> found.map(this::read));
    }

    @Override
    @SuppressWarnings("unchecked") // a worker item stays one
    public <T extends LeaseItem> CompletionStage<Written<T>> update(
        String application, Stored<T> seen, T next, String writeToken) {
      T changed = next instanceof WorkerItem worker ? (T) written(worker) : next;
      return super.update(application, seen, changed, writeToken);
    }

    @Override
    public CompletionStage<Written<WorkerItem>> beat(
        String application,
        Stored<WorkerItem> seen,
        WorkerItem next,
        long revision,
        String writeToken) {
      return super.beat(application, seen, written(next), revision, writeToken);
    }
  }

  static WorkerItem with(WorkerItem item, State state, Duration leaseTime, Duration grace) {
    return new WorkerItem(
        item.incarnation(),
        state,
        leaseTime,
        item.book(),
        item.roster(),
        item.plan(),
        item.members(),
        item.heirs(),
        item.replaced(),
        grace,
        item.standby());
  }

  static Stored<WorkerItem> with(Stored<WorkerItem> stored, WorkerItem item) {
    return new Stored<>(item, stored.nonce(), stored.revision(), stored.writeToken());
  }

  /** Others are judged by the lease time of the observer. */
  static Plant observersLeaseTime() {
    return perProcess(
        (process, table) ->
            new WorkerShim(table) {
              @Override
              Stored<WorkerItem> read(Stored<WorkerItem> found) {
                var item = found.item();
                boolean own = item.incarnation().workerId().equals(process.id());
                return own
                    ? found
                    : with(found, with(item, item.state(), process.leaseTime(), item.grace()));
              }
            });
  }

  /** Whoever replaces a worker of its own id waits for nobody. */
  static Plant noGraceForTheReplaced() {
    return perProcess(
        (process, table) ->
            new WorkerShim(table) {
              @Override
              WorkerItem written(WorkerItem next) {
                return with(next, next.state(), next.leaseTime(), Duration.ZERO);
              }
            });
  }

  /** A worker that begins to leave says that it has left. */
  static Plant departedWhileDraining() {
    return perProcess(
        (process, table) ->
            new WorkerShim(table) {
              @Override
              WorkerItem written(WorkerItem next) {
                var state = next.state() == State.DRAINING ? State.DEPARTED : next.state();
                return with(next, state, next.leaseTime(), next.grace());
              }
            });
  }

  /** Who was silent for the lease time counts as buried for this observer, without any write. */
  static Plant claimsWithoutBurial() {
    return perProcess(
        (process, table) ->
            new WorkerShim(table) {
              private final Map<Incarnation, Long> revisions = new HashMap<>();
              private final Map<Incarnation, Long> since = new HashMap<>();

              @Override
              Stored<WorkerItem> read(Stored<WorkerItem> found) {
                var who = found.item().incarnation();
                long now = process.clock().ticks();
                var last = revisions.put(who, found.revision());
                if (last == null || last != found.revision()) {
                  since.put(who, now);
                }
                boolean silent =
                    now - since.getOrDefault(who, now) >= found.item().leaseTime().toNanos();
                boolean own = who.workerId().equals(process.id());
                return silent && !own && !found.item().state().gone()
                    ? new Stored<>(
                        with(found.item(), State.BURIED, found.item().leaseTime(), Duration.ZERO),
                        found.nonce(),
                        found.revision() + 1,
                        found.writeToken())
                    : found;
              }
            });
  }

  /** Any answer about a worker counts as a sign of life, an old one too. */
  static Plant anyAnswerIsLife() {
    return perProcess(
        (process, table) ->
            new WorkerShim(table) {
              private long reads;

              @Override
              public CompletionStage<Roll> roll(String application) {
                return super.roll(application)
                    .thenApply(
                        all -> {
                          reads++;
                          return new Roll(
                              all.workers().stream()
                                  .map(
                                      one ->
                                          new Stored<>(
                                              one.item(),
                                              one.nonce(),
                                              one.revision() + reads,
                                              one.writeToken()))
                                  .toList(),
                              all.notice());
                        });
              }
            });
  }

  /** Who is told that it is buried goes on as if it were not. */
  static Plant burialIgnored() {
    return perProcess(
        (process, table) ->
            new TableShim(table) {
              @Override
              public CompletionStage<Written<WorkerItem>> beat(
                  String application,
                  Stored<WorkerItem> seen,
                  WorkerItem next,
                  long revision,
                  String writeToken) {
                return super.beat(application, seen, next, revision, writeToken)
                    .thenApply(
                        written ->
                            written instanceof Written.Applied<WorkerItem>
                                ? written
                                : new Written.Applied<>(
                                    new Stored<>(next, seen.nonce(), revision, writeToken)));
              }
            });
  }

  /** The taker runs a shard without acknowledging that it has it. */
  static Plant acknowledgementNotWritten() {
    return perProcess(
        (process, table) ->
            new TableShim(table) {
              @Override
              public <T extends LeaseItem> CompletionStage<Written<T>> update(
                  String application, Stored<T> seen, T next, String writeToken) {
                return isAcknowledgement(seen.item(), next)
                    ? CompletableFuture.completedFuture(
                        new Written.Applied<>(
                            new Stored<>(next, seen.nonce(), seen.revision(), writeToken)))
                    : super.update(application, seen, next, writeToken);
              }
            });
  }

  /** The row names the taker as soon as the shard is offered, while the giver delivers. */
  static Plant namedBeforeDrained() {
    return perProcess(
        (process, table) ->
            new TableShim(table) {
              @Override
              public <T extends LeaseItem> CompletionStage<Written<T>> update(
                  String application, Stored<T> seen, T next, String writeToken) {
                if (next instanceof Book book) {
                  book.offers().forEach((shard, taker) -> flip(application, book, shard, taker));
                }
                return super.update(application, seen, next, writeToken);
              }

              private void flip(String application, Book book, ShardKey shard, Incarnation taker) {
                var unused =
                    lease(application, shard)
                        .thenAccept(
                            found ->
                                found
                                    .filter(row -> book.owner().equals(row.item().owner()))
                                    .ifPresent(row -> flip(application, row, taker)));
              }

              private void flip(String application, Stored<LeaseRow> stored, Incarnation taker) {
                var row = stored.item();
                var flipped =
                    new LeaseRow(
                        row.shard(),
                        row.parents(),
                        row.range(),
                        taker,
                        row.epoch() + 1,
                        row.ended(),
                        row.awaits(),
                        null,
                        row.owner());
                var unused = super.update(application, stored, flipped, "planted");
              }
            });
  }
}
