package io.headrace.harness.fleet;

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

/** A lease table that passes everything on: planted faults change one call of it. */
class TableShim implements LeaseTable {
  final LeaseTable table;

  TableShim(LeaseTable table) {
    this.table = table;
  }

  @Override
  public String name() {
    return table.name();
  }

  @Override
  public CompletionStage<Void> prepare() {
    return table.prepare();
  }

  @Override
  public CompletionStage<Optional<Stored<ApplicationItem>>> application(String application) {
    return table.application(application);
  }

  @Override
  public <T extends LeaseItem> CompletionStage<Boolean> delete(String application, Stored<T> seen) {
    return table.delete(application, seen);
  }

  @Override
  public CompletionStage<Roll> roll(String application) {
    return table.roll(application);
  }

  @Override
  public CompletionStage<Optional<Stored<WorkerItem>>> worker(String application, String workerId) {
    return table.worker(application, workerId);
  }

  @Override
  public CompletionStage<Optional<Stored<Book>>> book(String application, String workerId) {
    return table.book(application, workerId);
  }

  @Override
  public CompletionStage<List<Stored<RosterPart>>> roster(String application, StreamId stream) {
    return table.roster(application, stream);
  }

  @Override
  public CompletionStage<Optional<Stored<LeaseRow>>> lease(String application, ShardKey shard) {
    return table.lease(application, shard);
  }

  @Override
  public CompletionStage<List<Stored<LeaseRow>>> leases(String application, int bucket) {
    return table.leases(application, bucket);
  }

  @Override
  public <T extends LeaseItem> CompletionStage<Written<T>> create(
      String application, T item, String nonce) {
    return table.create(application, item, nonce);
  }

  @Override
  public <T extends LeaseItem> CompletionStage<Written<T>> update(
      String application, Stored<T> seen, T next, String writeToken) {
    return table.update(application, seen, next, writeToken);
  }

  @Override
  public CompletionStage<Written<WorkerItem>> beat(
      String application,
      Stored<WorkerItem> seen,
      WorkerItem next,
      long revision,
      String writeToken) {
    return table.beat(application, seen, next, revision, writeToken);
  }
}
