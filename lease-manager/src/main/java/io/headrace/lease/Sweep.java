package io.headrace.lease;

import io.headrace.kcl.LeaseException;
import io.headrace.kcl.ShardId;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StreamId;
import io.headrace.lease.RosterPart.Standing;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes away what nobody needs any more, as a chore of one worker: items and books of workers that
 * have gone, and rows of ended shards that their stream has forgotten. Only here all lease rows are
 * read, seldom, and only when there is something to take away. Every deletion names the revision
 * that was seen, so two who sweep do no harm. Lives on the coordinator's loop.
 */
final class Sweep {
  private static final Logger LOG = LoggerFactory.getLogger(HeartbeatCoordinator.class);

  /** A list of shards may be of some time ago: two of them, so far apart, are believed. */
  static final Duration FORGOTTEN_AFTER = Duration.ofMinutes(1);

  private static final int BUCKETS_AT_ONCE = 8;

  private final Desk desk;
  private final Roster roster;
  private final Fleet fleet;

  /** Ended shards that the stream does not list, and since when, in ticks. */
  private final Map<ShardKey, Long> unlisted = new HashMap<>();

  private boolean sweeping;

  Sweep(Desk desk, Roster roster, Fleet fleet) {
    this.desk = desk;
    this.roster = roster;
    this.fleet = fleet;
  }

  void begin() {
    unlisted.clear();
    sweeping = false;
  }

  /** A list of the stream's shards has come. */
  void listed(StreamId stream, Set<ShardId> shards) {
    roster
        .of(stream)
        .forEach(
            (shard, standing) -> {
              var key = new ShardKey(stream, shard);
              if (standing == Standing.ENDED && !shards.contains(shard)) {
                unlisted.putIfAbsent(key, desk.now());
              } else {
                unlisted.remove(key);
              }
            });
  }

  /**
   * Sweeps if there is something to be swept.
   *
   * @param workersToo and not just rows of streams that are listed here
   */
  void consider(boolean workersToo) {
    long now = desk.now();
    var forgotten = new HashSet<ShardKey>();
    unlisted.forEach(
        (shard, since) -> {
          if (now - since > FORGOTTEN_AFTER.toNanos()) {
            forgotten.add(shard);
          }
        });
    var gone =
        workersToo
            ? fleet.view().goneFor(now, desk.settings.sweepAfter())
            : List.<Stored<WorkerItem>>of();
    if (sweeping || (forgotten.isEmpty() && gone.isEmpty())) {
      return;
    }
    sweeping = true;
    var rows = new ArrayList<Stored<LeaseRow>>();
    Desk.inSlices(
        IntStream.range(0, ShardKey.BUCKETS).boxed().toList(),
        BUCKETS_AT_ONCE,
        (bucket, done) ->
            desk.readUntilAnswered(
                () -> desk.table.leases(desk.application, bucket),
                found -> {
                  rows.addAll(found);
                  done.run();
                }),
        () -> sweep(rows, forgotten, gone));
  }

  private void sweep(
      List<Stored<LeaseRow>> rows, Set<ShardKey> forgotten, List<Stored<WorkerItem>> gone) {
    var endedRows = SweepPlan.rows(rows, forgotten);
    // A shard whose row is gone already may still stand in the roster.
    var there = new HashSet<ShardKey>();
    rows.forEach(row -> there.add(row.item().shard()));
    forgotten.stream().filter(shard -> !there.contains(shard)).forEach(this::forget);
    List<Consumer<Runnable>> tasks = new ArrayList<>();
    for (var row : endedRows) {
      tasks.add(done -> delete(row, () -> forget(row.item().shard()), done));
    }
    for (var worker : SweepPlan.workers(rows, gone)) {
      tasks.add(done -> deleteWorker(worker, done));
    }
    Desk.inSlices(
        tasks, BUCKETS_AT_ONCE, (task, done) -> task.accept(done), () -> sweeping = false);
  }

  private void forget(ShardKey shard) {
    unlisted.remove(shard);
    roster.remove(shard.stream(), Set.of(shard.shard()));
    LOG.info("{} of {}: ended shard {} is forgotten", desk.self(), desk.application, shard);
  }

  /** The book first: without the worker's item nobody would look for it. */
  private void deleteWorker(Stored<WorkerItem> worker, Runnable done) {
    var id = worker.item().incarnation().workerId();
    desk.readUntilAnswered(
        () -> desk.table.book(desk.application, id),
        book -> {
          Runnable item = () -> delete(worker, () -> fleet.view().forget(worker), done);
          if (book.isPresent()) {
            delete(book.get(), () -> {}, item);
          } else {
            item.run();
          }
        },
        edited -> done.run()); // Both stay as they are; the next sweep looks again.
  }

  private <T extends LeaseItem> void delete(Stored<T> item, Runnable gone, Runnable done) {
    desk.read(
        () -> desk.table.delete(desk.application, item),
        deleted -> {
          if (deleted) {
            gone.run();
          }
          done.run();
        },
        (LeaseException failure) -> done.run()); // the next sweep tries again
  }
}
