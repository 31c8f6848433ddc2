package io.headrace.harness.fleet;

import io.headrace.harness.fleet.Weather.Service;
import io.headrace.kcl.LeaseException;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StreamId;
import io.headrace.lease.ApplicationItem;
import io.headrace.lease.Book;
import io.headrace.lease.LeaseItem;
import io.headrace.lease.LeaseRow;
import io.headrace.lease.LeaseTable;
import io.headrace.lease.Roll;
import io.headrace.lease.RosterPart;
import io.headrace.lease.Stored;
import io.headrace.lease.WorkerItem;
import io.headrace.lease.Written;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/** The lease table of a simulated fleet as one process reaches it. On the world's loop only. */
final class NetworkedTable implements LeaseTable {
  private final WatchedTable table;
  private final String who;
  private final Network network;

  NetworkedTable(WatchedTable table, String who, Network network) {
    this.table = table;
    this.who = who;
    this.network = network;
  }

  private <T> CompletionStage<T> send(String what, Supplier<CompletionStage<T>> request) {
    return network.send(Service.LEASES, what, request, LeaseException::new);
  }

  @Override
  public String name() {
    return table.name();
  }

  @Override
  public CompletionStage<Void> prepare() {
    return send("prepare", table::prepare);
  }

  @Override
  public CompletionStage<Optional<Stored<ApplicationItem>>> application(String application) {
    return send("application", () -> table.application(application));
  }

  @Override
  public <T extends LeaseItem> CompletionStage<Boolean> delete(String application, Stored<T> seen) {
    return send(
        "delete " + Names.of(seen.item()) + " at " + seen.revision(),
        () -> table.deletedBy(who, application, seen));
  }

  @Override
  public CompletionStage<Roll> roll(String application) {
    boolean stale = network.readsStale();
    return send(
        stale ? "workers, stale" : "workers",
        () -> stale ? table.rollOfOld(application) : table.roll(application));
  }

  @Override
  public CompletionStage<Optional<Stored<WorkerItem>>> worker(String application, String workerId) {
    return send("worker " + workerId, () -> table.worker(application, workerId));
  }

  @Override
  public CompletionStage<Optional<Stored<Book>>> book(String application, String workerId) {
    return send("book " + workerId, () -> table.book(application, workerId));
  }

  @Override
  public CompletionStage<List<Stored<RosterPart>>> roster(String application, StreamId stream) {
    return send("roster", () -> table.roster(application, stream));
  }

  @Override
  public CompletionStage<Optional<Stored<LeaseRow>>> lease(String application, ShardKey shard) {
    return send("lease " + Names.of(shard), () -> table.lease(application, shard));
  }

  @Override
  public CompletionStage<List<Stored<LeaseRow>>> leases(String application, int bucket) {
    return send("leases " + bucket, () -> table.leases(application, bucket));
  }

  @Override
  public <T extends LeaseItem> CompletionStage<Written<T>> create(
      String application, T item, String nonce) {
    return send("create " + Names.of(item), () -> table.createdBy(who, application, item, nonce));
  }

  @Override
  public <T extends LeaseItem> CompletionStage<Written<T>> update(
      String application, Stored<T> seen, T next, String writeToken) {
    return send(
        "update " + Names.of(next) + " on " + seen.revision(),
        () -> table.updatedBy(who, application, seen, next, writeToken));
  }

  @Override
  public CompletionStage<Written<WorkerItem>> beat(
      String application,
      Stored<WorkerItem> seen,
      WorkerItem next,
      long revision,
      String writeToken) {
    return send(
        "beat " + revision + " " + next.state(),
        () -> table.beatBy(who, application, seen, next, revision, writeToken));
  }
}
