package io.headrace.harness.fleet;

import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StreamId;
import io.headrace.kcl.loop.EventLoop;
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
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletionStage;
import java.util.random.RandomGenerator;

/**
 * The one lease table of a simulated fleet: a table in memory, which tells a judge what each write
 * changed, and keeps what heartbeat items were for a while, as a replica that lags has them. Every
 * call is complete on return. On the world's loop only.
 */
final class WatchedTable {
  /** How far a replica lags at most, most of the time and now and then. */
  private static final Duration LAG_MAX = Duration.ofMillis(1_500);

  static final Duration LONG_LAG_MAX = Duration.ofSeconds(12);
  private static final int LONG_LAG_PERCENT = 10;
  private static final int VERSIONS_MAX = 64;

  private final LeaseTable table;
  private final EventLoop world;
  private final RandomGenerator random;
  private final LeaseJudge judge;
  private final Map<String, Deque<Version>> versions = new TreeMap<>();

  private record Version(long ticks, Stored<WorkerItem> item) {}

  WatchedTable(LeaseTable table, EventLoop world, RandomGenerator random, LeaseJudge judge) {
    this.table = table;
    this.world = world;
    this.random = random;
    this.judge = judge;
  }

  String name() {
    return table.name();
  }

  CompletionStage<Void> prepare() {
    return table.prepare();
  }

  CompletionStage<Optional<Stored<ApplicationItem>>> application(String application) {
    return table.application(application);
  }

  <T extends LeaseItem> CompletionStage<Boolean> deletedBy(
      String who, String application, Stored<T> seen) {
    return table
        .delete(application, seen)
        .thenApply(
            gone -> {
              if (gone) {
                judge.deleted(who, seen.item());
              }
              return gone;
            });
  }

  CompletionStage<Roll> roll(String application) {
    return table.roll(application);
  }

  /** Each item as it was some time ago, not all at the same moment; new ones may be missing. */
  CompletionStage<Roll> rollOfOld(String application) {
    var old = new ArrayList<Stored<WorkerItem>>();
    versions
        .values()
        .forEach(
            all -> {
              var max = random.nextInt(100) < LONG_LAG_PERCENT ? LONG_LAG_MAX : LAG_MAX;
              long at = world.ticks() - random.nextLong(max.toNanos());
              all.stream()
                  .filter(version -> version.ticks <= at)
                  .reduce((earlier, later) -> later)
                  .ifPresent(version -> old.add(version.item));
            });
    return table.roll(application).thenApply(present -> new Roll(old, present.notice()));
  }

  CompletionStage<Optional<Stored<WorkerItem>>> worker(String application, String workerId) {
    return table.worker(application, workerId);
  }

  CompletionStage<Optional<Stored<Book>>> book(String application, String workerId) {
    return table.book(application, workerId);
  }

  CompletionStage<List<Stored<RosterPart>>> roster(String application, StreamId stream) {
    return table.roster(application, stream);
  }

  CompletionStage<Optional<Stored<LeaseRow>>> lease(String application, ShardKey shard) {
    return table.lease(application, shard);
  }

  CompletionStage<List<Stored<LeaseRow>>> leases(String application, int bucket) {
    return table.leases(application, bucket);
  }

  <T extends LeaseItem> CompletionStage<Written<T>> createdBy(
      String who, String application, T item, String nonce) {
    return table.create(application, item, nonce).thenApply(written -> watch(who, written));
  }

  <T extends LeaseItem> CompletionStage<Written<T>> updatedBy(
      String who, String application, Stored<T> seen, T next, String writeToken) {
    return table
        .update(application, seen, next, writeToken)
        .thenApply(written -> watch(who, written));
  }

  CompletionStage<Written<WorkerItem>> beatBy(
      String who,
      String application,
      Stored<WorkerItem> seen,
      WorkerItem next,
      long revision,
      String writeToken) {
    return table
        .beat(application, seen, next, revision, writeToken)
        .thenApply(written -> watch(who, written));
  }

  private <T extends LeaseItem> Written<T> watch(String who, Written<T> written) {
    if (written instanceof Written.Applied<T> applied) {
      var now = applied.now();
      if (now.item() instanceof WorkerItem worker) {
        var id = worker.incarnation().workerId();
        remember(
            id,
            new Version(
                world.ticks(),
                new Stored<>(worker, now.nonce(), now.revision(), now.writeToken())));
      }
      judge.written(who, now.item(), now.revision());
    }
    return written;
  }

  private void remember(String id, Version version) {
    var all = versions.computeIfAbsent(id, absent -> new ArrayDeque<>());
    all.addLast(version);
    if (all.size() > VERSIONS_MAX) {
      all.removeFirst();
    }
  }
}
