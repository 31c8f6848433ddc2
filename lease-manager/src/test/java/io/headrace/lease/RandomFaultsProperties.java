package io.headrace.lease;

import static io.headrace.lease.TestFleet.F;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import net.jqwik.api.Example;

/**
 * Random courses of crashes, pauses, outages, lost, late and old answers, joins, leaves and splits.
 * The fleet asserts one owner at a time and rising epochs throughout; at the end, with all faults
 * gone, every shard has to have an owner. The courses are numbered and always the same, so that a
 * build can be repeated; {@code headrace.courses.base} and {@code headrace.courses.count} choose
 * others. A failure names the seeds.
 */
class RandomFaultsProperties {
  private static final int STEPS = 25;
  private static final int REPORTED_MAX = 5;

  @Example
  void there_is_never_more_than_one_owner_and_in_the_end_there_is_one() {
    courses("courses of faults", Integer.getInteger("headrace.courses.count", 60), false);
  }

  /** Heartbeat items are deleted by hand, too, and older copies of them put back in time. */
  @Example
  void nor_where_heartbeat_items_are_deleted_and_put_back() {
    courses("courses of faults and edits", Integer.getInteger("headrace.courses.count", 40), true);
  }

  private static void courses(String what, int count, boolean edited) {
    long base = Long.getLong("headrace.courses.base", 1);
    assertThat(count).as("headrace.courses.count").isPositive();
    System.out.println(what + ": base " + base + ", count " + count);
    var failures = new ArrayList<Throwable>();
    for (long course = base; course < base + count && failures.size() < REPORTED_MAX; course++) {
      long seed = new SplittableRandom(course).nextLong();
      try {
        run(seed, edited);
      } catch (AssertionError | RuntimeException failure) {
        failures.add(
            new AssertionError(
                "course " + course + ", seed " + seed + "L: " + failure.getMessage(), failure));
      }
    }
    assertThat(failures).as("courses that went wrong").isEmpty();
  }

  /** Courses that once went wrong. */
  @Example
  void found_courses_stay_right() {
    for (long seed : new long[] {17711L, -53475096498786527L, -49L, -3374625982421796176L}) {
      run(seed, false);
    }
  }

  static void run(long seed, boolean edited) {
    var random = new SplittableRandom(seed);
    var edits = new Edits(random);
    var fleet = new TestFleet(seed, 1 + random.nextInt(10));
    fleet.start("w0", "w1");
    for (int step = 0; step < STEPS; step++) {
      disturb(fleet, random);
      if (edited) {
        edits.edit(fleet);
      }
      fleet.advance(Duration.ofMillis(random.nextInt(8_000)));
    }
    calm(fleet);
    if (edited && edits.leftToLatecomers(fleet)) {
      fleet.advance(LeaseSettings.LEASE_TIME_MAX);
    }
    fleet.advanceUntil(F.multipliedBy(12), edited ? () -> even(fleet) : fleet::balanced);
  }

  /**
   * By who holds what: where an item was deleted, a process that was paused may get its worker id
   * back from one that was started since.
   */
  private static boolean even(TestFleet fleet) {
    var counts = new TreeMap<String, Integer>();
    for (var stored : LeaseTableContract.await(fleet.table.workers("app"))) {
      if (stored.item().state() == WorkerItem.State.ACTIVE) {
        counts.put(stored.item().incarnation().workerId(), 0);
      }
    }
    fleet
        .stream
        .keys()
        .forEach(
            shard -> fleet.ownerOf(shard).ifPresent(owner -> counts.merge(owner, 1, Integer::sum)));
    return fleet.allOwned()
        && Collections.max(counts.values()) - Collections.min(counts.values()) <= 1;
  }

  /** What a hand does to heartbeat items. */
  private static final class Edits {
    private final RandomGenerator random;
    private final Map<String, Stored<WorkerItem>> deleted = new TreeMap<>();
    private final Map<String, Long> deletedAt = new HashMap<>();

    Edits(RandomGenerator random) {
      this.random = random;
    }

    void edit(TestFleet fleet) {
      int kind = random.nextInt(4);
      if (kind == 0) {
        delete(fleet, "w" + random.nextInt(5));
      } else if (kind == 1 && !deleted.isEmpty()) {
        var ids = List.copyOf(deleted.keySet());
        putBack(fleet, ids.get(random.nextInt(ids.size())));
      }
    }

    private void delete(TestFleet fleet, String id) {
      LeaseTableContract.await(fleet.table.worker("app", id))
          .ifPresent(
              item -> {
                LeaseTableContract.await(fleet.table.delete("app", item));
                deleted.put(id, item);
                deletedAt.put(id, fleet.loop.ticks());
              });
    }

    /**
     * Within the lease time, and unless another item is there. An older copy of one that has gone
     * is not put back: who starts on it is not heard of until it has beaten as often as it had.
     */
    private void putBack(TestFleet fleet, String id) {
      var item = deleted.remove(id);
      if (!item.item().state().gone() && fleet.loop.ticks() - deletedAt.get(id) < F.toNanos()) {
        LeaseTableContract.await(fleet.table.create("app", item.item(), item.nonce()));
      }
    }

    /** Whether a lease names a worker without an item: who came after it waits for an hour. */
    boolean leftToLatecomers(TestFleet fleet) {
      fleet.advance(F.multipliedBy(4));
      return fleet.stream.keys().stream()
          .flatMap(
              shard ->
                  LeaseTableContract.await(fleet.table.lease("app", shard)).stream()
                      .map(row -> row.item().owner()))
          .filter(Objects::nonNull)
          .anyMatch(
              owner ->
                  LeaseTableContract.await(fleet.table.worker("app", owner.workerId())).isEmpty());
    }
  }

  private static void disturb(TestFleet fleet, RandomGenerator random) {
    var alive = fleet.workers.values().stream().filter(TestFleet.TestWorker::here).toList();
    var one = alive.isEmpty() ? null : alive.get(random.nextInt(alive.size()));
    int kind = one == null ? 0 : random.nextInt(13);
    switch (kind) {
      case 0, 1 -> fleet.start("w" + random.nextInt(5));
      case 2 -> one.kill();
      case 3 -> one.lease.pause();
      case 4, 5 -> alive.forEach(worker -> worker.lease.resume());
      case 6 -> one.way.down = true;
      case 7, 8 -> alive.forEach(worker -> worker.way.down = false);
      case 9 -> {
        one.way.lostBeforePercent = random.nextInt(20);
        one.way.lostAfterPercent = random.nextInt(20);
        one.way.latePercent = random.nextInt(10);
        one.way.stalePercent = random.nextInt(50);
      }
      case 10 -> one.leave(Duration.ofMillis(random.nextInt(4_000)));
      case 11 -> one.drain = Duration.ofMillis(random.nextInt(3_000));
      default -> split(fleet, one, random);
    }
  }

  private static void split(TestFleet fleet, TestFleet.TestWorker worker, RandomGenerator random) {
    if (worker.running.isEmpty()) {
      return;
    }
    var parent = worker.running.keySet().iterator().next().shard().value();
    if (parent.length() > 14) {
      return; // Three generations are enough.
    }
    var children =
        java.util.stream.IntStream.rangeClosed(1, 1 + random.nextInt(2))
            .mapToObj(i -> parent + "." + i)
            .toList();
    var shards =
        children.stream()
            .map(
                child ->
                    fleet.stream.keys().contains(fleet.stream.key(child))
                        ? new io.headrace.kcl.Shard(
                            new io.headrace.kcl.ShardId(child),
                            java.util.List.of(new io.headrace.kcl.ShardId(parent)),
                            io.headrace.kcl.HashRange.ALL)
                        : fleet.stream.add(child, parent))
            .toArray(io.headrace.kcl.Shard[]::new);
    worker.end(parent, shards);
  }

  private static void calm(TestFleet fleet) {
    fleet
        .workers
        .values()
        .forEach(
            worker -> {
              worker.lease.resume();
              worker.way.down = false;
              worker.way.lostBeforePercent = 0;
              worker.way.lostAfterPercent = 0;
              worker.way.latePercent = 0;
              worker.way.stalePercent = 0;
            });
    if (fleet.workers.values().stream().noneMatch(TestFleet.TestWorker::here)) {
      fleet.start("last");
    }
  }
}
