package io.headrace.lease;

import io.headrace.kcl.LeaseException;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StreamId;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * Where a fleet keeps who may run what. Holds no state but its connection; several applications may
 * share one. Calls never block, may come from any thread, and their stages complete on any thread.
 *
 * <p>A stage that fails does so with {@link LeaseException}. A write that failed may have been
 * applied, or may be applied later: its caller sends it again, unchanged, until it is answered.
 * That is safe because every write names the revision it replaces.
 */
public interface LeaseTable {
  /** What messages call the table. */
  String name();

  /** Makes the table if it is missing and waits until it can be used. Repeatable. */
  CompletionStage<Void> prepare();

  /** What the application is, as it is now. */
  CompletionStage<Optional<Stored<ApplicationItem>>> application(String application);

  /**
   * All workers of an application, dead ones too, and the notice of its orders. The answer may be a
   * little old, and older than the one before.
   */
  CompletionStage<Roll> roll(String application);

  /** The workers of the {@link #roll}. */
  default CompletionStage<List<Stored<WorkerItem>>> workers(String application) {
    return roll(application).thenApply(Roll::workers);
  }

  /** One worker, as it is now. */
  CompletionStage<Optional<Stored<WorkerItem>>> worker(String application, String workerId);

  /** One worker's book, as it is now. */
  CompletionStage<Optional<Stored<Book>>> book(String application, String workerId);

  /** All parts of a stream's roster, as they are now, by number. */
  CompletionStage<List<Stored<RosterPart>>> roster(String application, StreamId stream);

  /** One lease, as it is now. */
  CompletionStage<Optional<Stored<LeaseRow>>> lease(String application, ShardKey shard);

  /**
   * The leases of one bucket, as they are now: for operators and tests, never for running.
   *
   * @param bucket 0 to {@link ShardKey#BUCKETS} - 1
   */
  CompletionStage<List<Stored<LeaseRow>>> leases(String application, int bucket);

  /**
   * As {@link #leases}, for operators: one row that can't be read hides no other.
   *
   * @param bucket 0 to {@link ShardKey#BUCKETS} - 1
   */
  default CompletionStage<Survey<LeaseRow>> surveyLeases(String application, int bucket) {
    return leases(application, bucket).thenApply(rows -> new Survey<>(rows, List.of()));
  }

  /** As {@link #workers}, for operators: one item that can't be read hides no other. */
  default CompletionStage<Survey<WorkerItem>> surveyWorkers(String application) {
    return workers(application).thenApply(items -> new Survey<>(items, List.of()));
  }

  /**
   * Stores an item that does not exist yet, with revision 1.
   *
   * @param nonce unique for this creation; the first write token too
   */
  <T extends LeaseItem> CompletionStage<Written<T>> create(
      String application, T item, String nonce);

  /**
   * Replaces an item if it is still the one that was seen, and raises its revision. What a newer
   * version of Headrace keeps in the item beside the known fields stays.
   *
   * @param writeToken unique for this write, the same when it is sent again
   */
  <T extends LeaseItem> CompletionStage<Written<T>> update(
      String application, Stored<T> seen, T next, String writeToken);

  /**
   * Takes an item away if it is still the one that was seen. Repeatable.
   *
   * @return whether it is gone; false when it was changed meanwhile
   */
  <T extends LeaseItem> CompletionStage<Boolean> delete(String application, Stored<T> seen);

  /**
   * A heartbeat: replaces a worker's item while it belongs to that incarnation, is alive, and has a
   * lower revision. Unlike {@link #update} it need not know the last revision, so a worker whose
   * answers are lost stays alive; a copy that arrives late finds a higher one and changes nothing.
   *
   * @param seen the item as this worker last knew it
   * @param revision above those of all heartbeats that were sent before
   */
  CompletionStage<Written<WorkerItem>> beat(
      String application,
      Stored<WorkerItem> seen,
      WorkerItem next,
      long revision,
      String writeToken);
}
