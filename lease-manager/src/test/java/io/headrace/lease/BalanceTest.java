package io.headrace.lease;

import static io.headrace.lease.TestFleet.F;
import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.kcl.Incarnation;
import io.headrace.kcl.LeaseEvent;
import io.headrace.kcl.ShardKey;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Leases move by what they weigh, and as seldom as possible. */
class BalanceTest {
  private static final long FULL = 1 << 20;

  private static TestFleet settled(long seed, int shards, String... workers) {
    var fleet = new TestFleet(seed, shards);
    fleet.start(workers);
    fleet.advanceUntil(F.multipliedBy(3), fleet::balanced);
    fleet.advance(F.multipliedBy(7));
    return fleet;
  }

  /** Every ten seconds each worker tells what flows, as the engine does. */
  private static void flow(
      TestFleet fleet, Duration time, Map<ShardKey, Long> bytesPerSecond, int wobblePercent) {
    var random = new SplittableRandom(1);
    for (long i = 0; i < time.toSeconds() / 10; i++) {
      for (var worker : fleet.workers.values()) {
        var mine = new HashMap<ShardKey, Long>();
        for (var shard : worker.running.keySet()) {
          long bytes = bytesPerSecond.getOrDefault(shard, 0L);
          mine.put(shard, bytes * (100 + random.nextInt(-wobblePercent, wobblePercent + 1)) / 100);
        }
        worker.coordinator.throughput(mine);
      }
      fleet.advance(Duration.ofSeconds(10));
    }
  }

  private static int weight(TestFleet fleet, String id, Map<ShardKey, Long> bytesPerSecond) {
    return fleet.worker(id).running.keySet().stream()
        .mapToInt(shard -> Weights.of(bytesPerSecond.getOrDefault(shard, 0L)))
        .sum();
  }

  @Test
  void heavy_shards_are_spread_and_then_nothing_moves() {
    var fleet = settled(1, 12, "ann", "bob");
    var heavy = Map.copyOf(hot(fleet, "ann", 4));
    int before = fleet.gains;

    flow(fleet, Duration.ofMinutes(4), heavy, 0);
    assertThat(weight(fleet, "ann", heavy)).as("of 72").isBetween(33, 39);
    assertThat(weight(fleet, "bob", heavy)).as("of 72").isBetween(33, 39);
    int moves = fleet.gains - before;
    assertThat(moves).isLessThanOrEqualTo(4);

    flow(fleet, Duration.ofMinutes(20), heavy, 0);
    assertThat(fleet.gains - before).isEqualTo(moves);
  }

  private static Map<ShardKey, Long> hot(TestFleet fleet, String id, int count) {
    var hot = new HashMap<ShardKey, Long>();
    fleet.worker(id).running.keySet().stream().limit(count).forEach(s -> hot.put(s, FULL));
    return hot;
  }

  @Test
  void loads_that_wobble_by_a_fifth_move_nothing() {
    var fleet = settled(2, 48, "ann", "bob", "cyd", "dan", "eve", "fay");
    var loads = new HashMap<ShardKey, Long>();
    fleet.stream.keys().forEach(shard -> loads.put(shard, 192L << 10)); // just on a border
    flow(fleet, Duration.ofMinutes(5), loads, 20);
    int before = fleet.gains;

    flow(fleet, Duration.ofMinutes(30), loads, 20);

    assertThat(fleet.gains - before).isZero();
  }

  @Test
  void a_worker_of_double_capacity_takes_double() {
    var fleet = new TestFleet(3, 12);
    fleet.capacity = 2;
    fleet.start("ann");
    fleet.capacity = 1;
    fleet.start("bob");

    fleet.advanceUntil(
        F.multipliedBy(3), () -> fleet.counts().get("ann") == 8 && fleet.counts().get("bob") == 4);
  }

  @Test
  void a_shard_with_a_slow_call_stays_and_others_move() {
    var fleet = settled(4, 12, "ann");
    var ann = fleet.worker("ann");
    var slow = List.copyOf(ann.running.keySet()).subList(0, 5);
    ann.slow.addAll(slow);

    fleet.start("bob");
    fleet.advanceUntil(F.multipliedBy(3), fleet::balanced);
    assertThat(ann.running.keySet()).containsAll(slow);

    ann.leave(Duration.ofSeconds(10));
    fleet.advanceUntil(Duration.ofSeconds(12), () -> ann.left);
    assertThat(fleet.worker("bob").running).as("who leaves gives all").hasSize(12);
  }

  @Test
  void shards_whose_calls_are_always_slow_move_in_the_end() {
    var fleet = settled(6, 12, "ann");
    fleet.worker("ann").slow.addAll(fleet.stream.keys());
    fleet.start("bob");
    fleet.advance(F.multipliedBy(6));
    assertThat(fleet.worker("bob").running).isEmpty();

    fleet.advanceUntil(F.multipliedBy(8), fleet::balanced);
  }

  @Test
  void who_leaves_before_it_answers_to_a_move_is_asked_again() {
    var fleet = settled(5, 6, "ann");
    var ann = fleet.worker("ann");
    ann.slow.addAll(ann.running.keySet());
    fleet.start("bob");
    fleet.advanceUntil(
        F.multipliedBy(2), () -> ann.events.stream().anyMatch(LeaseEvent.Wanted.class::isInstance));

    ann.leave(Duration.ofSeconds(10));

    fleet.advanceUntil(Duration.ofSeconds(12), () -> ann.left);
    assertThat(fleet.worker("bob").running).hasSize(6);
  }

  @Test
  void one_worker_that_knows_no_weights_makes_all_go_by_number() {
    var view = new FleetView(Duration.ofSeconds(2));
    var now = WorkerItem.starting(new Incarnation("ann", "1"), F);
    var before =
        new WorkerItem(
            new Incarnation("bob", "1"),
            WorkerItem.State.ACTIVE,
            F,
            0,
            0,
            1,
            0,
            List.of(),
            null,
            Duration.ZERO,
            false);

    view.observe(0, List.of(new Stored<>(now, "n", 1, "t")));
    assertThat(view.planVersion()).isEqualTo(LeaseBalancer.VERSION);
    view.observe(1, List.of(new Stored<>(before, "n", 1, "t")));
    assertThat(view.planVersion()).isEqualTo(1);
  }

  @Test
  void two_that_die_one_shortly_after_the_other_are_no_heirs_of_each_other() {
    for (int seed = 0; seed < 8; seed++) {
      var fleet = settled(seed, 24, "ann", "bob", "cyd", "dan");
      fleet.worker("bob").kill();
      fleet.advance(Duration.ofMillis(300L * seed));
      fleet.worker("cyd").kill();

      fleet.advanceUntil(F.multipliedBy(12).dividedBy(10).plusSeconds(1), fleet::allOwned);
    }
  }
}
