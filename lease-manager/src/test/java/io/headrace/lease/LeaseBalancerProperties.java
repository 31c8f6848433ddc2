package io.headrace.lease;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.kcl.Incarnation;
import io.headrace.kcl.ShardId;
import io.headrace.kcl.ShardKey;
import io.headrace.kcl.StreamId;
import io.headrace.lease.LeaseBalancer.Load;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class LeaseBalancerProperties {

  private static Incarnation worker(int number) {
    return new Incarnation("w" + number, "1");
  }

  private static Map<Incarnation, Integer> numbered(List<Integer> values) {
    var map = new HashMap<Incarnation, Integer>();
    for (int i = 0; i < values.size(); i++) {
      map.put(worker(i), values.get(i));
    }
    return map;
  }

  private static Map<Incarnation, Load> ones(List<Integer> counts) {
    var loads = new HashMap<Incarnation, Load>();
    numbered(counts)
        .forEach(
            (who, count) -> {
              var load = new Load();
              Collections.nCopies(count, 1).forEach(load::add);
              loads.put(who, load);
            });
    return loads;
  }

  /** Leases of any weight, dealt out at random. */
  private static Map<Incarnation, Load> dealt(int workers, List<Integer> weightBits, long seed) {
    var random = new Random(seed);
    var loads = new HashMap<Incarnation, Load>();
    for (int i = 0; i < workers; i++) {
      loads.put(worker(i), new Load());
    }
    weightBits.forEach(bits -> loads.get(worker(random.nextInt(workers))).add(1 << bits));
    return loads;
  }

  private static Map<Incarnation, Integer> capacities(List<Integer> bits) {
    return numbered(bits.stream().map(b -> 1 << b).toList());
  }

  private static void make(Map<Incarnation, Load> loads, LeaseBalancer.Move move) {
    loads.get(move.from()).take(move.weight());
    loads.get(move.to()).add(move.weight());
  }

  @Property(tries = 300)
  void any_load_that_stays_settles_in_one_plan_and_then_nothing_moves(
      @ForAll @Size(max = 200) List<@IntRange(min = 0, max = 4) Integer> weightBits,
      @ForAll @Size(min = 12, max = 12) List<@IntRange(min = 0, max = 6) Integer> capacityBits,
      @ForAll @IntRange(min = 1, max = 12) int workers,
      @ForAll long seed) {
    var loads = dealt(workers, weightBits, seed);
    var capacities = capacities(capacityBits);

    LeaseBalancer.plan(loads, capacities).forEach(move -> make(loads, move));

    assertThat(LeaseBalancer.plan(loads, capacities)).isEmpty();
  }

  @Property(tries = 300)
  void whatever_part_of_each_plan_is_carried_out_it_comes_to_an_end(
      @ForAll @Size(max = 120) List<@IntRange(min = 0, max = 4) Integer> weightBits,
      @ForAll @Size(min = 8, max = 8) List<@IntRange(min = 0, max = 3) Integer> capacityBits,
      @ForAll @IntRange(min = 1, max = 8) int workers,
      @ForAll long seed) {
    var random = new Random(seed);
    var loads = dealt(workers, weightBits, seed);
    var capacities = capacities(capacityBits);

    int moves = 0;
    for (var plan = LeaseBalancer.plan(loads, capacities);
        !plan.isEmpty();
        plan = LeaseBalancer.plan(loads, capacities)) {
      // The first one at least; of the others those whose givers have room.
      for (int i = 0; i < plan.size() && (i == 0 || random.nextInt(3) == 0); i++) {
        make(loads, plan.get(i));
        moves++;
      }
      assertThat(moves).isLessThanOrEqualTo(10 * weightBits.size() + 10);
    }
  }

  @Property(tries = 200)
  void leases_that_weigh_the_same_move_from_the_fuller_to_the_emptier_only(
      @ForAll @Size(min = 1, max = 20) List<@IntRange(min = 0, max = 300) Integer> holdings) {
    var loads = ones(holdings);
    var givers = new HashSet<Incarnation>();
    var takers = new HashSet<Incarnation>();

    for (var move : LeaseBalancer.plan(loads, Map.of())) {
      make(loads, move);
      givers.add(move.from());
      takers.add(move.to());
    }

    assertThat(givers).noneMatch(takers::contains);
    int most = loads.values().stream().mapToInt(Load::total).max().orElseThrow();
    int least = loads.values().stream().mapToInt(Load::total).min().orElseThrow();
    assertThat(most - least).isLessThanOrEqualTo(1);
  }

  @Property(tries = 200)
  void rooms_add_up_to_what_is_free_and_nothing_moves_once_they_are_filled(
      @ForAll @Size(min = 1, max = 20) List<@IntRange(min = 0, max = 50) Integer> holdings,
      @ForAll @Size(min = 20, max = 20) List<@IntRange(min = 0, max = 2) Integer> capacityBits,
      @ForAll @IntRange(min = 0, max = 300) int free) {
    var capacities = capacities(capacityBits);
    var loads = ones(holdings);
    LeaseBalancer.plan(loads, capacities).forEach(move -> make(loads, move));
    var held = new HashMap<Incarnation, Integer>();
    loads.forEach((who, load) -> held.put(who, load.total()));

    var rooms = LeaseBalancer.rooms(held, capacities, free);

    assertThat(rooms.values().stream().mapToInt(i -> i).sum()).isEqualTo(free);
    rooms.forEach((who, room) -> Collections.nCopies(room, 1).forEach(loads.get(who)::add));
    assertThat(LeaseBalancer.plan(loads, capacities)).isEmpty();
  }

  @Property(tries = 100)
  void a_worker_of_double_capacity_gets_double(@ForAll @IntRange(min = 0, max = 300) int n) {
    var loads = ones(List.of(0, 3 * n));
    var capacities = numbered(List.of(2, 1));

    LeaseBalancer.plan(loads, capacities).forEach(move -> make(loads, move));

    assertThat(loads.get(worker(0)).total()).isEqualTo(2 * n);
  }

  @Property(tries = 100)
  void of_heavy_and_light_leases_all_workers_get_as_much(
      @ForAll @IntRange(min = 2, max = 10) int workers, @ForAll @IntRange(max = 4) int bits) {
    var weights = new ArrayList<Integer>(Collections.nCopies(workers, Math.max(0, bits)));
    weights.addAll(Collections.nCopies(20 * workers, 0));
    var loads = dealt(workers, weights, workers);

    LeaseBalancer.plan(loads, Map.of()).forEach(move -> make(loads, move));

    int most = loads.values().stream().mapToInt(Load::total).max().orElseThrow();
    int least = loads.values().stream().mapToInt(Load::total).min().orElseThrow();
    assertThat(most - least).isLessThanOrEqualTo(1);
  }

  @Property(tries = 50)
  void free_leases_are_assigned_so_that_every_view_of_the_same_fleet_agrees(
      @ForAll @IntRange(min = 1, max = 100) int shards,
      @ForAll @Size(min = 1, max = 8) List<@IntRange(min = 0, max = 20) Integer> holdings) {
    var free = new TreeMap<ShardKey, Integer>(ShardKeys.ORDER);
    for (int i = 0; i < shards; i++) {
      free.put(
          new ShardKey(new StreamId("orders", Instant.EPOCH), new ShardId("s" + i)), 1 << i % 5);
    }
    var held = numbered(holdings);

    var firsts = ClaimPlan.assign(free, held, Map.of(), (reader, stream) -> true);

    assertThat(firsts.keySet()).containsExactlyInAnyOrderElementsOf(free.keySet());
    assertThat(ClaimPlan.assign(free, new TreeMap<>(held), Map.of(), (reader, stream) -> true))
        .isEqualTo(firsts);
    for (var shard : free.keySet()) {
      long zero =
          held.keySet().stream()
              .map(
                  who ->
                      ClaimPlan.waits(who, free, held, Map.of(), (reader, stream) -> true)
                          .get(shard))
              .filter(wait -> wait.isZero())
              .count();
      assertThat(zero).as("first choices of %s", shard).isEqualTo(1);
    }
  }
}
