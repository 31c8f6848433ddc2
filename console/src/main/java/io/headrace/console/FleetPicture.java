package io.headrace.console;

import io.headrace.checkpoint.ChunkStore;
import io.headrace.checkpoint.OperatorStore;
import io.headrace.checkpoint.Orders;
import io.headrace.checkpoint.ProgressRow;
import io.headrace.function.ParkedLook;
import io.headrace.kcl.Incarnation;
import io.headrace.kcl.ShardKey;
import io.headrace.lease.LeaseRow;
import io.headrace.lease.LeaseTable;
import io.headrace.lease.Stored;
import io.headrace.lease.WorkerItem;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * What the table says of an application at one moment: only reads, and needs no worker. What can't
 * be read is named and hides nothing else.
 *
 * @param seen when, by the clock of this process
 * @param parked where something is; nothing before {@link #withParked}
 * @param faults one sentence for each item that can't be read
 */
record FleetPicture(
    Instant seen,
    List<Stored<WorkerItem>> workers,
    List<Stored<LeaseRow>> leases,
    List<ProgressRow> progress,
    Map<ProgressRow, ParkedLook> parked,
    Orders orders,
    List<String> faults) {

  private static final int BUCKETS_AT_ONCE = 8;

  /** How a worker stands, as far as its heartbeat tells. */
  enum Standing {
    RUNS,
    STANDBY,
    LEAVES,
    /** Its lease time has passed without a heartbeat, and nobody has buried it. */
    SILENT,
    LEFT,
    BURIED
  }

  /** Reads everything; fails as the table does. */
  static CompletionStage<FleetPicture> of(
      String application, LeaseTable table, OperatorStore store, Instant now) {
    var workers = table.surveyWorkers(application).toCompletableFuture();
    var orders = store.orders().toCompletableFuture();
    return workers
        .thenCombine(
            orders,
            (found, given) -> {
              var faults = new ArrayList<>(found.faults());
              faults.addAll(given.faults());
              return new FleetPicture(
                  now, found.found(), List.of(), List.of(), Map.of(), given, faults);
            })
        .thenCompose(picture -> picture.withBuckets(application, table, store));
  }

  private CompletionStage<FleetPicture> withBuckets(
      String application, LeaseTable table, OperatorStore store) {
    var allLeases = new ArrayList<Stored<LeaseRow>>();
    var allProgress = new ArrayList<ProgressRow>();
    var allFaults = new ArrayList<>(faults);
    var lines = new ArrayList<CompletableFuture<Void>>();
    // A few at once: an operator waits, and yet must not take the fleet's share of the table.
    for (int first = 0; first < BUCKETS_AT_ONCE; first++) {
      CompletableFuture<Void> line = CompletableFuture.completedFuture(null);
      for (int each = first; each < ShardKey.BUCKETS; each += BUCKETS_AT_ONCE) {
        int bucket = each;
        line =
            line.thenCompose(
                done ->
                    table
                        .surveyLeases(application, bucket)
                        .thenCombine(
                            store.progress(bucket),
                            (rows, items) -> {
                              synchronized (allLeases) {
                                allLeases.addAll(rows.found());
                                allProgress.addAll(items.rows());
                                allFaults.addAll(rows.faults());
                                allFaults.addAll(items.faults());
                              }
                              return null;
                            }));
      }
      lines.add(line);
    }
    var all = CompletableFuture.allOf(lines.toArray(new CompletableFuture<?>[0]));
    return all.thenApply(
        done -> {
          allLeases.sort(Comparator.comparing(row -> row.item().shard().key()));
          allProgress.sort(Comparator.comparing(row -> row.key().key()));
          return new FleetPicture(
              seen, workers, allLeases, allProgress, Map.of(), orders, allFaults);
        });
  }

  /** This with what is parked, which takes a read for each function that has parked something. */
  CompletionStage<FleetPicture> withParked(OperatorStore store, ChunkStore chunks) {
    var found = new LinkedHashMap<ProgressRow, ParkedLook>();
    var unread = new ArrayList<>(faults);
    CompletionStage<?> looks = CompletableFuture.completedFuture(null);
    for (var row : progress) {
      looks =
          looks
              .thenCompose(done -> ParkedLook.of(row, store, chunks))
              .handle(
                  (look, failed) -> {
                    if (failed != null) {
                      unread.add(unread(row, failed));
                    } else {
                      look.ifPresent(parked -> found.put(row, parked));
                    }
                    return null;
                  });
    }
    return looks.thenApply(
        done -> new FleetPicture(seen, workers, leases, progress, found, orders, unread));
  }

  /** It is told and keeps nothing else back. */
  private static String unread(ProgressRow row, Throwable failed) {
    return "function "
        + row.key().function()
        + ", shard "
        + row.key().shard()
        + ": what is parked can't be read: "
        + Headrace.sentence(failed);
  }

  /** Whether the table holds nothing of the application. */
  boolean isEmpty() {
    return workers.isEmpty()
        && leases.isEmpty()
        && progress.isEmpty()
        && orders.given().isEmpty()
        && faults.isEmpty();
  }

  List<ProgressRow> progressIn(ShardKey shard) {
    return progress.stream().filter(row -> row.key().shard().equals(shard)).toList();
  }

  long leasesOf(Incarnation who) {
    return leases.stream().filter(row -> who.equals(row.item().owner())).count();
  }

  Optional<Duration> heartbeatAge(Stored<WorkerItem> worker) {
    return worker
        .writtenAt()
        .map(at -> Duration.between(at, seen))
        .map(age -> age.isNegative() ? Duration.ZERO : age);
  }

  Standing standing(Stored<WorkerItem> worker) {
    var item = worker.item();
    return switch (item.state()) {
      case BURIED -> Standing.BURIED;
      case DEPARTED -> Standing.LEFT;
      case ACTIVE, DRAINING ->
          heartbeatAge(worker).filter(age -> age.compareTo(item.leaseTime()) > 0).isPresent()
              ? Standing.SILENT
              : item.state() == WorkerItem.State.DRAINING
                  ? Standing.LEAVES
                  : holdsNothing(item) ? Standing.STANDBY : Standing.RUNS;
    };
  }

  /** Its leases may be those that can't be read; then only it can say that it has none. */
  private boolean holdsNothing(WorkerItem item) {
    return leasesOf(item.incarnation()) == 0 && (item.standby() || faults.isEmpty());
  }

  /** How the owner of a lease stands; empty where no worker item is there for it. */
  Optional<Standing> standing(Incarnation owner) {
    return workers.stream()
        .filter(worker -> worker.item().incarnation().equals(owner))
        .findFirst()
        .map(this::standing);
  }
}
